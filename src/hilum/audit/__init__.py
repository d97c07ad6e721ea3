"""Is that figure real?"""
