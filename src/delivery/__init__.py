"""Promotes signed releases by digest through environments: docs/delivery.md."""
