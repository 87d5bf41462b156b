//! Being told to stop: SIGTERM and SIGINT.

use tokio::signal;

/// Ends when the process is told to stop. From when this was called no such signal ends the process in the middle of
/// something, whether or not the future was asked yet.
///
/// # Errors
/// When the signals cannot be listened to.
#[cfg(unix)]
pub fn requested() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    let mut interrupt = signal::unix::signal(signal::unix::SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ends when the process is told to stop.
///
/// # Errors
/// When the signals cannot be listened to.
#[cfg(not(unix))]
pub fn requested() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
