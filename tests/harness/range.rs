//! Real API servers, where there are some.
