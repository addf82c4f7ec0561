//! What stands between a server and PostgreSQL, and can stop doing its work.
//! ```text
//! server ──▶ relay ──▶ PostgreSQL     passes on, holds both ways, holds the answers, resets
//! ```
//! Whatever it does, it takes connections and the system under it says that all has arrived: what a dead machine would
//! not do is done by a link that is down (`link`).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

const READ_BYTES: usize = 64 * 1024;

/// What it does with what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Passes,
    /// Keeps all that comes until it passes on again.
    Holds,
    /// PostgreSQL hears all, and its answers are kept.
    HoldsAnswers,
    /// Breaks all connections, and each that comes, with an RST.
    Resets,
}

/// Where it is called, or leads to.
#[derive(Debug, Clone)]
pub enum Place {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Dropped, it is gone with its connections.
#[derive(Debug)]
pub struct Relay {
    pub place: Place,
    mood: watch::Sender<Mood>,
    serving: JoinHandle<()>,
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Relay {
    pub async fn start(at: Place, target: Place) -> Result<Self> {
        let (listener, place) = match at {
            Place::Tcp(address) => {
                let listener = TcpListener::bind(address).await?;
                let address = listener.local_addr()?;
                (Listener::Tcp(listener), Place::Tcp(address))
            }
            Place::Unix(path) => (Listener::Unix(UnixListener::bind(&path)?), Place::Unix(path)),
        };
        let (mood, moods) = watch::channel(Mood::Passes);
        let target = Arc::new(target);
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    Ok(caller) = listener.accept() => {
                        connections.spawn(relay(caller, Arc::clone(&target), moods.clone()));
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(Self { place, mood, serving })
    }

    pub fn is(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// For a process of its own.
    pub async fn serve(mut self) -> Result<()> {
        Ok((&mut self.serving).await?)
    }
}

impl Listener {
    async fn accept(&self) -> std::io::Result<Stream> {
        Ok(match self {
            Self::Tcp(listener) => Stream::Tcp(listener.accept().await?.0),
            Self::Unix(listener) => Stream::Unix(listener.accept().await?.0),
        })
    }
}

impl Stream {
    async fn to(place: &Place) -> std::io::Result<Self> {
        Ok(match place {
            Place::Tcp(address) => Self::Tcp(TcpStream::connect(address).await?),
            Place::Unix(path) => Self::Unix(UnixStream::connect(path).await?),
        })
    }

    fn split(&mut self) -> (Box<dyn AsyncRead + Send + Unpin + '_>, Box<dyn AsyncWrite + Send + Unpin + '_>) {
        match self {
            Self::Tcp(stream) => {
                let (from, to) = stream.split();
                (Box::new(from), Box::new(to))
            }
            Self::Unix(stream) => {
                let (from, to) = stream.split();
                (Box::new(from), Box::new(to))
            }
        }
    }
}

async fn relay(mut caller: Stream, target: Arc<Place>, moods: watch::Receiver<Mood>) {
    let mut breaks = moods.clone();
    let caller_ended = tokio::select! {
        ended = pass(&mut caller, &target, &moods) => ended.unwrap_or(false),
        _ = breaks.wait_for(|mood| *mood == Mood::Resets) => false,
    };
    if !caller_ended && let Stream::Tcp(caller) = caller {
        // Closed without a word: an RST.
        let _ = caller.set_zero_linger();
    }
}

/// Until one of them closes: whether that was the caller.
async fn pass(caller: &mut Stream, target: &Place, moods: &watch::Receiver<Mood>) -> std::io::Result<bool> {
    let mut far = Stream::to(target).await?;
    for stream in [&*caller, &far] {
        if let Stream::Tcp(stream) = stream {
            stream.set_nodelay(true)?;
        }
    }
    let ((asks, answers), (from, to)) = (caller.split(), far.split());
    tokio::select! {
        ended = one_way(asks, to, moods.clone(), |mood| mood != Mood::Holds) => ended.map(|()| true),
        ended = one_way(from, answers, moods.clone(), |mood| mood == Mood::Passes) => ended.map(|()| false),
    }
}

async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut moods: watch::Receiver<Mood>,
    passes: impl Fn(Mood) -> bool,
) -> std::io::Result<()> {
    let mut bytes = vec![0; READ_BYTES];
    loop {
        let count = from.read(&mut bytes).await?;
        // Its end is kept as everything else is.
        if moods.wait_for(|mood| passes(*mood)).await.is_err() || count == 0 {
            return Ok(());
        }
        to.write_all(&bytes[..count]).await?;
    }
}

/// One after the other, for as long as that lasts: what is broken, and what is made anew, too.
pub async fn reset_again_and_again(relay: &Relay, pause: Duration, times: u32) {
    for _ in 0..times {
        relay.is(Mood::Resets);
        tokio::time::sleep(Duration::from_millis(20)).await;
        relay.is(Mood::Passes);
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What it is given comes back.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn it_passes_on_keeps_back_and_breaks() {
        let at = Place::Tcp("127.0.0.1:0".parse().unwrap());
        let relay = Relay::start(at, Place::Tcp(echo().await)).await.unwrap();
        let Place::Tcp(address) = relay.place else { panic!("{:?}", relay.place) };
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut answer = [0; 1];
        stream.write_all(b"a").await.unwrap();
        stream.read_exact(&mut answer).await.unwrap();
        for mood in [Mood::Holds, Mood::HoldsAnswers] {
            relay.is(mood);
            stream.write_all(b"b").await.unwrap();
            let waited = tokio::time::timeout(Duration::from_millis(100), stream.read_exact(&mut answer)).await;
            assert!(waited.is_err(), "{mood:?}: {waited:?}");
            relay.is(Mood::Passes);
            stream.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"b");
        }
        relay.is(Mood::Resets);
        let broken = stream.read(&mut answer).await.unwrap_err();
        assert_eq!(broken.kind(), std::io::ErrorKind::ConnectionReset);
    }
}
