//! Middlewares and hooks of calls.

mod middleware;
