"""Help inside the console: the handbook's chapters, a topic for each page, and the first hints that people close.

`handbook` holds links to the chapters in docs/handbook, so that there is one text."""
