//! Being told to stop: SIGTERM and SIGINT.

use tokio::signal;

/// Ends when the process is told to stop.
///
/// # Errors
/// When the signals cannot be listened to.
pub fn requested() -> anyhow::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _ = signal::ctrl_c().await;
    })
}
