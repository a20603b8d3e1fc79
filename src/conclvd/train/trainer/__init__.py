"""Train a motion module on a folder of clips: settings → clips → cache → loop → module, report."""
