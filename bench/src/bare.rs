//! The limit: an axum server that reads the body and answers `200 ok`. Nothing that does more can be faster.

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use tokio::net::TcpListener;

/// Serves `POST /` until the future is dropped.
pub async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let app = Router::new().route("/", post(async |_body: Bytes| "ok"));
    axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))), app).await
}
