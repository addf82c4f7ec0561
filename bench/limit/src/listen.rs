//! One listener for all of them: a port of the system's choice, printed as the first line.

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

/// Serves on `listener` until the future is dropped.
pub async fn serve(listener: TcpListener, app: Router) -> std::io::Result<()> {
    axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), app).await
}
