"""Frames between keyframes: flow estimators behind one protocol, and what follows the flow."""
