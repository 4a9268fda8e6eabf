"""The directory: what people type, what they filter, how it is sorted, paged and exported."""
