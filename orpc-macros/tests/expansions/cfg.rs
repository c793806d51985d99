#[procedure]
#[cfg(feature = "admin")]
#[cfg(unix)]
pub async fn reset() {}

#[router]
pub mod api {
    #[cfg(unix)]
    #[procedure]
    pub async fn ping() {}

    #[router]
    #[cfg(not(unix))]
    pub mod other {
        #[procedure]
        #[cfg(windows)]
        pub async fn ping() {}
    }
}
