//! The end of a port: who was let in is served, and nobody else is let in.
//!
//! The system completes connections by itself and lines them up for us. Who stands in that line when the socket closes
//! is reset, and has perhaps sent a request already: so first nobody new may come, then the line is taken in to its
//! end, then the socket closes. Who knocks meanwhile hears nothing, and the system knocks again for them a second
//! later: by then the port is closed, or the next process's.
//!
//! Not here: when a stop has come so far (`Listener::stop`).

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout_at};

use super::is_of_one_peer;
use super::limits::{HALF_DONE, TAKEN_IN_MAX};

/// Hands over whoever was let in, and closes the port behind the last of them.
pub(super) async fn close(socket: TcpListener, mut take: impl FnMut(TcpStream, SocketAddr)) {
    match lock(&socket) {
        Ok(()) => {
            let ends = Instant::now() + HALF_DONE;
            while let Ok(accepted) = timeout_at(ends, socket.accept()).await {
                match accepted {
                    Ok((stream, peer)) => take(stream, peer),
                    Err(error) if is_of_one_peer(&error) => {}
                    // There may be room again before the time is up: others end.
                    Err(_) => sleep(HALF_DONE / 10).await,
                }
            }
        }
        Err(error) => tracing::debug!(%error, "the port closes without being locked first"),
    }
    match take_in(socket) {
        Ok(taken) => taken.into_iter().for_each(|(stream, peer)| take(stream, peer)),
        Err(error) => tracing::warn!(%error, "connections that waited to be accepted are reset"),
    }
}

/// No connection begins at this socket any more; those that are half done are completed.
#[cfg(target_os = "linux")]
pub(super) fn lock(socket: &TcpListener) -> io::Result<()> {
    use socket2::{SockFilter, SockRef};

    // Classic BPF over what follows the IP header: drop what has SYN without ACK in the flags of TCP.
    const FLAGS: u32 = 13;
    const SYN_AND_ACK: u32 = 0x12;
    const SYN: u32 = 0x02;
    SockRef::from(socket).attach_filter(&[
        SockFilter::new(0x30, 0, 0, FLAGS),       // load a byte
        SockFilter::new(0x54, 0, 0, SYN_AND_ACK), // and
        SockFilter::new(0x15, 0, 1, SYN),         // equal? else skip one
        SockFilter::new(0x06, 0, 0, 0),           // return: keep nothing of the packet
        SockFilter::new(0x06, 0, 0, u32::MAX),    // return: keep all of it
    ])
}

#[cfg(not(target_os = "linux"))]
pub(super) fn lock(_: &TcpListener) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Closes the port behind the last connection that the system has accepted for it. As little as possible comes between
/// the last look and the end: without a lock, who is accepted just then is reset.
fn take_in(socket: TcpListener) -> io::Result<Vec<(TcpStream, SocketAddr)>> {
    let socket = socket.into_std()?;
    let mut taken = Vec::new();
    while taken.len() < TAKEN_IN_MAX {
        match socket.accept() {
            Ok(accepted) => taken.push(accepted),
            Err(error) if is_of_one_peer(&error) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => {
                tracing::warn!(%error, "connections that waited to be accepted are reset");
                break;
            }
        }
    }
    drop(socket);
    let ours = |(stream, peer): (std::net::TcpStream, _)| {
        stream.set_nonblocking(true)?;
        Ok((TcpStream::from_std(stream)?, peer))
    };
    taken.into_iter().map(ours).collect()
}
