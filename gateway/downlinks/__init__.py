"""Downlinks: asked, sent, acknowledged, confirmed. What is pure of it stands in ``pipelines/downlinks``."""
