"""When a document will be paid: a distribution over days, learnt from paid and open ones alike."""
