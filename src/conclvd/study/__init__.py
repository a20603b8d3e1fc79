"""The user study: video folders → a blind plan → answers of people → scores and a figure.

Blind: videos are copied under random names, without what is embedded in them; which method made
which is written in `study.json` alone, and that is never served.
"""
