"""Properties of the models are exact and quick; a busy machine must not fail them."""

from hypothesis import settings

settings.register_profile("models", deadline=None)
settings.load_profile("models")
