"""Local web pages: an app with a page of the package (`app`), at an address until Ctrl-C (`serve`).

A browser sends the Host that was typed and, with every request that changes something, the Origin
of the page that made it. Both must be our own (`checks`): a page of somebody else's cannot change
anything through the browser of a person who has this one open, nor by a name that it lets point to
us. What is asked for with POST is JSON, which no form of another page can send.
"""
