"""Raw videos to a captioned dataset folder: sources → scenes → filters → clips → captions.

Every stage reads the file that the one before wrote, so that each can be stopped, inspected and run
again. docs/dataset.md has the files and their fields.
"""
