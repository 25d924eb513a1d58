"""The screens: what the CFO, the collectors and the analysts see. They read; they never compute.

`streamlit_app.py` is the entrance; each file of `app_pages/` is a page and reads top to bottom as
the reader does. `state` follows the published snapshot, `questions` of each page stand in the page,
`filters` are what a reader chooses, `page`, `grids` and `charts` how things look, `language`,
`words` and `formats` how they are said.
"""
