//! The model of the log.
