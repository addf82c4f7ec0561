//! A pipe on the way to a server that remembers what clients sent through it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What one connection brought.
type Bytes = Arc<Mutex<Vec<u8>>>;

pub struct Tap {
    pub address: SocketAddr,
    connections: Arc<Mutex<Vec<Bytes>>>,
}

impl Tap {
    pub fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, server) = (listener.local_addr().unwrap(), server.to_owned());
        let connections: Arc<Mutex<Vec<Bytes>>> = Arc::default();
        let opened = Arc::clone(&connections);
        // Ends with the process.
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(&server) else { continue };
                let seen = Bytes::default();
                opened.lock().unwrap().push(Arc::clone(&seen));
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || pipe(client, server, &seen));
                std::thread::spawn(move || pipe(back.0, back.1, &Bytes::default()));
            }
        });
        Self { address, connections }
    }

    /// What came over each connection since the last call, as text.
    pub fn take(&self) -> Vec<String> {
        let taken = std::mem::take(&mut *self.connections.lock().unwrap());
        taken.iter().map(|bytes| String::from_utf8_lossy(&bytes.lock().unwrap()).into_owned()).collect()
    }
}

fn pipe(mut from: TcpStream, mut to: TcpStream, seen: &Mutex<Vec<u8>>) {
    let mut piece = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        seen.lock().unwrap().extend_from_slice(&piece[..length]);
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
