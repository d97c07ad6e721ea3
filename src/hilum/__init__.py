"""hilum: COVID-19 chest radiographs, from scattered collections to measured lungs."""

__version__ = "0.1.0"
