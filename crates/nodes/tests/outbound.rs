//! The guarded client over real sockets: where it goes, and what it takes along.

#![allow(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod support;

use std::io;
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use nodes::outbound::{Call, Lookup, Networks, Outbound};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use support::{Asked, FarSide, OK, again_with, allowing, code, endless, get, is_child};

fn following(url: &str, redirects_max: usize) -> Call {
    Call { redirects_max, ..get(url) }
}

/// Each is some way to write, or to reach, an address that is not public. `PORT` has a listener on every address.
const REFUSED: &[&str] = &[
    "http://127.0.0.1:PORT/",
    "https://127.0.0.1:PORT/",
    "http://127.0.0.2:PORT/",
    "http://127.255.255.254:PORT/",
    "http://user:pass@127.0.0.1:PORT/",
    "http://example.com@127.0.0.1:PORT/",
    "http://example.com:80@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT/#@example.com",
    "http://127.0.0.1:PORT\\@example.com/",
    "http:127.0.0.1:PORT/",
    "http:\\\\127.0.0.1:PORT\\",
    "http:////127.0.0.1:PORT/",
    "HTTP://127.0.0.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://127.65535:PORT/",
    "http://2130706433:PORT/",
    "http://2130706433.:PORT/",
    "http://017700000001:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7F000001:PORT/",
    "http://0x7f.1:PORT/",
    "http://0x7f.0x0.0x0.0x1:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0177.0x0.1:PORT/",
    "http://00000177.0.0.1:PORT/",
    "http://127.0.0.0x1:PORT/",
    "http://127.0.0.01:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://127%2e0%2e0%2e1:PORT/",
    "http://127。0。0。1:PORT/",
    "http://127.0.0.1:PORT/",
    "http://①②⑦.⓪.⓪.①:PORT/",
    "http://1\t2\n7.0.0.1:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://0x0:PORT/",
    "http://0.0.0.1:PORT/",
    "http://[::]:PORT/",
    "http://[::1]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::FFFF:7F00:0001]:PORT/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/",
    "http://[::ffff:0:127.0.0.1]:PORT/",
    "http://[::ffff:169.254.169.254]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[64:ff9b::7f00:1]:PORT/",
    "http://[64:ff9b:1::808:808]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2001:0:7f00:1::]:PORT/",
    "http://[fd00::5efe:8.8.8.8]:PORT/",
    "http://[2600::5efe:127.0.0.1]:PORT/",
    "http://[fe80::1]:PORT/",
    "http://[fc00::1]:PORT/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[ff02::1]:PORT/",
    "http://[2001:db8::1]:PORT/",
    "http://[100::1]:PORT/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254.:80/latest/meta-data/",
    "http://2852039166/latest/meta-data/",
    "http://0xa9fea9fe/latest/meta-data/",
    "http://0251.0376.0251.0376/latest/meta-data/",
    "http://100.100.100.200/latest/meta-data/",
    "http://192.0.0.192/latest/",
    "http://168.63.129.16/machine",
    "http://10.0.0.1/",
    "http://012.1/",
    "http://167772161/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1/",
    "http://0300.0250.1/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://4294967295/",
    // Names that this machine's own resolver knows.
    "http://localhost:PORT/",
    "http://LOCALHOST:PORT/",
    "http://ｌｏｃａｌｈｏｓｔ:PORT/",
    "https://localhost:PORT/",
];

#[tokio::test]
async fn no_spelling_of_an_address_that_is_not_public_is_called() {
    assert!(REFUSED.len() >= 60);
    let trap = FarSide::saying("0.0.0.0", OK);
    let trap6 = TcpListener::bind(("::1", trap.at.port()));
    let outbound = allowing(&[]);
    for url in REFUSED {
        let url = url.replace("PORT", &trap.at.port().to_string());
        let refused = outbound.call(get(&url)).await.unwrap_err();
        assert_eq!(refused.code(), "http.refused", "{url}: {refused}");
        assert!(refused.to_string().contains("the setting `outbound_allow` can allow it"), "{refused}");
        assert!(!refused.may_pass(), "{url}");
    }
    assert_eq!(trap.connections(), 0);
    if let Ok(trap6) = trap6 {
        trap6.set_nonblocking(true).unwrap();
        assert_eq!(trap6.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
    // So that the table proves something: the same trap catches who is allowed in.
    assert_eq!(code(allowing(&["127.0.0.1"]).call(get(&format!("http://127.0.0.1:{}/", trap.at.port()))).await), "ok");
}

#[tokio::test]
async fn what_is_no_address_of_http_is_not_called() {
    for url in ["file:///etc/passwd", "ftp://1.1.1.1/", "gopher://127.0.0.1:25/x", "data:text/plain,x", "unix:/run/x"] {
        assert_eq!(code(allowing(&["0.0.0.0/0", "::/0"]).call(get(url)).await), "http.url", "{url}");
    }
    for text in ["http://[fe80::1%25lo]/", "http://[fe80::1%lo]/", "http://256.0.0.1/", "http://1.2.3.4.5/", "http://"]
    {
        assert!(Url::parse(text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn what_is_allowed_is_reached_in_each_spelling_and_its_neighbour_is_not() {
    let outbound = allowing(&["127.0.0.1"]);
    let (far, neighbour) = (FarSide::saying("127.0.0.1", OK), FarSide::saying("127.0.0.2", OK));
    for host in ["127.0.0.1", "0x7f000001", "127.1", "[::ffff:127.0.0.1]", "①②⑦.1"] {
        assert_eq!(code(outbound.call(get(&format!("http://{host}:{}/", far.at.port()))).await), "ok", "{host}");
    }
    assert_eq!(code(outbound.call(get(&neighbour.url("/"))).await), "http.refused");
    assert_eq!((far.connections(), neighbour.connections()), (5, 0));
}

/// Each lookup gives the next answer; the last one stays.
#[derive(Debug)]
struct Flips {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Lookup for Flips {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        Ok(self.answers[turn].iter().map(|address| address.parse().unwrap()).collect())
    }
}

fn flipping(answers: &[&[&'static str]]) -> (Outbound, Arc<Flips>) {
    let answers = answers.iter().map(|answer| answer.to_vec()).collect();
    let lookup = Arc::new(Flips { answers, asked: AtomicUsize::new(0) });
    (Outbound::asking(lookup.clone(), Networks::parse(["127.0.0.1"]).unwrap()), lookup)
}

#[tokio::test]
async fn a_name_is_asked_for_once_and_what_it_leads_to_later_changes_nothing() {
    let far = FarSide::saying("127.0.0.1", OK);
    let inside = TcpListener::bind(("127.0.0.2", far.at.port())).unwrap();
    inside.set_nonblocking(true).unwrap();
    // Good when it is looked at, bad a moment later: whoever asked twice would connect to the second answer.
    let (outbound, lookup) = flipping(&[&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.1"], &["127.0.0.2"]]);
    let url = format!("http://rebind.example:{}/", far.at.port());
    for expected in ["ok", "http.refused", "ok", "http.refused"] {
        assert_eq!(code(outbound.call(get(&url)).await), expected);
    }
    assert_eq!(lookup.asked.load(Ordering::SeqCst), 4);
    assert_eq!(far.connections(), 2);
    assert_eq!(inside.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_kept_connection_goes_where_it_was_allowed_to_go() {
    let kept =
        FarSide::on("127.0.0.1", |_, back| back.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept").map(|()| true));
    let inside = FarSide::saying("127.0.0.2", OK);
    let (outbound, _) = flipping(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let url = format!("http://kept.example:{}/", kept.at.port());
    for _ in 0..3 {
        assert_eq!(outbound.call(get(&url)).await.unwrap().body, "kept");
    }
    // Another name, or a literal, at the same port does not get that connection.
    assert_eq!(code(outbound.call(get(&url.replace("kept", "other"))).await), "http.refused");
    assert_eq!(code(outbound.call(get(&inside.url("/"))).await), "http.refused");
    assert_eq!((kept.connections(), inside.connections()), (1, 0));
}

#[tokio::test]
async fn a_name_with_one_refused_address_is_refused() {
    let far = FarSide::saying("127.0.0.1", OK);
    let url = format!("http://mixed.example:{}/", far.at.port());
    for answer in [
        &["127.0.0.1", "127.0.0.2"][..],
        &["127.0.0.2", "127.0.0.1"],
        &["127.0.0.1", "::1"],
        &["127.0.0.1", "8.8.8.8", "::ffff:10.0.0.1"],
        &["fd00::5efe:8.8.8.8"],
        &["::ffff:169.254.169.254"],
    ] {
        let refused = flipping(&[answer]).0.call(get(&url)).await.unwrap_err();
        assert_eq!(refused.code(), "http.refused", "{answer:?}");
        assert!(refused.to_string().starts_with("the name mixed.example leads to"), "{refused}");
    }
    assert_eq!(far.connections(), 0);
    assert_eq!(code(flipping(&[&["::ffff:127.0.0.1", "127.0.0.1"]]).0.call(get(&url)).await), "ok");
    assert_eq!(code(flipping(&[&[]]).0.call(get(&url)).await), "http.connect");
}

#[tokio::test]
async fn a_redirect_is_an_answer_unless_it_is_to_be_followed() {
    let target = FarSide::saying("127.0.0.1", OK);
    let start = FarSide::redirecting("127.0.0.1", 302, target.url("/there"));
    let outbound = allowing(&["127.0.0.1"]);
    let got = outbound.call(get(&start.url("/"))).await.unwrap();
    assert_eq!((got.status.as_u16(), target.connections()), (302, 0));
    assert_eq!(outbound.call(following(&start.url("/"), 1)).await.unwrap().body, "ok");
    assert_eq!(target.asked()[0].target, "/there");
    for odd in [300, 304, 305, 306] {
        let odd = FarSide::redirecting("127.0.0.1", odd, target.url("/"));
        assert_eq!(outbound.call(following(&odd.url("/"), 5)).await.unwrap().status.as_u16() / 100, 3);
    }
    let nowhere = FarSide::saying("127.0.0.1", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(outbound.call(following(&nowhere.url("/"), 5)).await.unwrap().status, 302);
    assert_eq!(target.connections(), 1);
}

#[tokio::test]
async fn a_chain_of_redirects_ends_at_the_maximum() {
    // `/3` leads to `/2` and so on; `/0` answers, `/loop` leads to itself.
    let far = FarSide::on("127.0.0.1", |asked, back| {
        let to = match asked.target.trim_start_matches('/') {
            "0" => return back.say(OK).map(|()| false),
            "loop" => "loop".to_owned(),
            left => (left.parse::<u32>().unwrap() - 1).to_string(),
        };
        back.say(format!("HTTP/1.1 307 X\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")).map(|()| true)
    });
    let outbound = allowing(&["127.0.0.1"]);
    for (path, max, expected) in [("/5", 5, "ok"), ("/3", 2, "http.redirects"), ("/loop", 5, "http.redirects")] {
        let before = far.asked().len();
        assert_eq!(code(outbound.call(following(&far.url(path), max)).await), expected, "{path}");
        assert_eq!(far.asked().len() - before, max + 1, "{path}");
    }
}

#[tokio::test]
async fn every_redirect_is_looked_at_as_the_first_address_was() {
    let trap = FarSide::saying("127.0.0.2", OK);
    let port = trap.at.port();
    let outbound = allowing(&["127.0.0.1"]);
    for (location, expected) in [
        (trap.url("/"), "http.refused"),
        (format!("//127.0.0.2:{port}/"), "http.refused"),
        (format!("\\\\127.0.0.2:{port}/"), "http.refused"),
        (format!("http://0x7f000002:{port}/"), "http.refused"),
        (format!("http://[::ffff:127.0.0.2]:{port}/"), "http.refused"),
        ("http://169.254.169.254/latest/meta-data/".to_owned(), "http.refused"),
        (format!("https://127.0.0.2:{port}/"), "http.refused"),
        ("file:///etc/passwd".to_owned(), "http.url"),
        ("gopher://127.0.0.1/".to_owned(), "http.url"),
        ("data:text/plain,x".to_owned(), "http.url"),
        ("javascript:alert(1)".to_owned(), "http.url"),
        ("http://".to_owned(), "http.url"),
        ("http://[::1/".to_owned(), "http.url"),
        ("http://a b/".to_owned(), "http.url"),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let start = FarSide::redirecting("127.0.0.1", status, location.clone());
            assert_eq!(code(outbound.call(following(&start.url("/"), 5)).await), expected, "{status} {location}");
        }
    }
    assert_eq!(trap.connections(), 0);
    // A name is resolved anew for the next hop, and looked at anew.
    let (outbound, _) = flipping(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let start = FarSide::redirecting("127.0.0.1", 302, format!("http://b.example:{port}/"));
    let url = format!("http://a.example:{}/", start.at.port());
    assert_eq!(code(outbound.call(following(&url, 5)).await), "http.refused");
    assert_eq!((start.connections(), trap.connections()), (1, 0));
}

fn post(url: &str, method: Method) -> Call {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("authorization", "Bearer CANARY"),
        ("cookie", "CANARY=1"),
        ("x-api-key", "CANARY"),
        ("proxy-authorization", "Basic CANARY"),
        ("content-type", "text/plain"),
        ("content-language", "en"),
        ("accept", "text/plain"),
        ("user-agent", "ours"),
        ("idempotency-key", "ex_1.a."),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Call { method, headers, body: Bytes::from_static(b"the body"), ..following(url, 5) }
}

#[tokio::test]
async fn methods_and_bodies_over_redirects_are_as_in_browsers() {
    for (status, method, expected) in [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (303, "PUT", "GET"),
        (303, "DELETE", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "PATCH", "PATCH"),
    ] {
        let target = FarSide::saying("127.0.0.1", OK);
        let start = FarSide::redirecting("127.0.0.1", status, target.url("/"));
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        allowing(&["127.0.0.1"]).call(post(&start.url("/"), method.clone())).await.unwrap();
        let Asked { method: got, body, headers, .. } = &target.asked()[0];
        assert_eq!(got, expected, "{status} {method}");
        let same = *got == method.as_str();
        assert_eq!(body, if same { "the body".as_bytes() } else { b"" }, "{status} {method}");
        assert_eq!(headers.iter().any(|(name, _)| name == "content-type"), same, "{status} {method}");
    }
}

#[tokio::test]
async fn credentials_stay_with_the_origin_they_were_given_for() {
    let outbound = allowing(&["127.0.0.1", "127.0.0.2"]);
    let (port, host) = (FarSide::saying("127.0.0.1", OK), FarSide::saying("127.0.0.2", OK));
    for other in [&port, &host] {
        for status in [302, 307, 308] {
            let start = FarSide::redirecting("127.0.0.1", status, other.url("/"));
            let url = start.url("/").replace("//", "//CANARY:CANARY@");
            outbound.call(post(&url, Method::POST)).await.unwrap();
            assert!(start.asked()[0].headers.iter().any(|(_, value)| value == "Bearer CANARY"));
        }
        for asked in other.asked() {
            assert!(!format!("{asked:?}").contains("CANARY"), "{asked:?}");
            for (name, value) in [("user-agent", "ours"), ("accept", "text/plain"), ("idempotency-key", "ex_1.a.")] {
                assert_eq!(asked.header(name), Some(value));
            }
        }
    }
    // By scheme: there is no TLS on the other side, but its first bytes would be the headers if they were sent.
    let plain = FarSide::saying("127.0.0.1", OK);
    let start = FarSide::redirecting("127.0.0.1", 307, plain.url("/").replace("http:", "https:"));
    assert_eq!(code(outbound.call(post(&start.url("/"), Method::POST)).await), "http.connect");
    // And two origins away, back to the first one, they are not picked up again.
    let home = FarSide::on("127.0.0.1", {
        let away = FarSide::on("127.0.0.2", |asked, back| {
            let to = asked.target.trim_start_matches("/?").to_owned();
            back.say(format!("HTTP/1.1 307 X\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
                .map(|()| false)
        });
        move |asked, back| match asked.target.as_str() {
            "/back" => back.say(OK).map(|()| false),
            _ => {
                let to = away.url(&format!("/?http://{}/back", asked.header("host").unwrap()));
                back.say(format!("HTTP/1.1 307 X\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
                    .map(|()| false)
            }
        }
    });
    outbound.call(post(&home.url("/"), Method::POST)).await.unwrap();
    assert!(!format!("{:?}", home.asked()[1]).contains("CANARY"), "{:?}", home.asked()[1]);
}

#[tokio::test]
async fn credentials_go_along_within_their_origin() {
    let far = FarSide::on("127.0.0.1", |asked, back| match asked.target.as_str() {
        "/end" => back.say(OK).map(|()| false),
        _ => {
            let location = format!("http://{}/end", asked.header("host").unwrap());
            back.say(format!(
                "HTTP/1.1 307 X\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            ))
            .map(|()| false)
        }
    });
    let outbound = allowing(&["127.0.0.1"]);
    outbound.call(following(&far.url("/").replace("//", "//user:p%40ss@"), 1)).await.unwrap();
    outbound.call(post(&far.url("/"), Method::POST)).await.unwrap();
    let asked = far.asked();
    assert_eq!(asked[0].header("authorization"), Some("Basic dXNlcjpwQHNz"));
    assert_eq!(asked[1].header("authorization"), Some("Basic dXNlcjpwQHNz"));
    assert_eq!(asked[3].header("authorization"), Some("Bearer CANARY"));
    assert_eq!(asked[3].header("x-api-key"), Some("CANARY"));
    // Nobody is told where the call comes from.
    assert!(asked.iter().all(|asked| asked.header("referer").is_none()));
}

#[tokio::test]
async fn proxies_of_the_environment_are_not_asked() {
    if !is_child() {
        let proxy = FarSide::saying("127.0.0.1", OK);
        let url = proxy.url("");
        let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
        let variables: Vec<_> = names.map(|name| (name, url.as_str())).into_iter().chain([("NO_PROXY", "")]).collect();
        again_with("proxies_of_the_environment_are_not_asked", &variables);
        assert_eq!(proxy.connections(), 0);
        return;
    }
    let far = FarSide::saying("127.0.0.1", OK);
    assert_eq!(code(allowing(&["127.0.0.1"]).call(get(&far.url("/direct"))).await), "ok");
    assert_eq!(far.asked()[0].target, "/direct");
    assert_eq!(code(allowing(&[]).call(get("http://169.254.169.254/")).await), "http.refused");
}

#[tokio::test]
async fn a_machine_without_certificates_still_calls_by_http() {
    if !is_child() {
        let none = [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];
        return again_with("a_machine_without_certificates_still_calls_by_http", &none);
    }
    let far = FarSide::saying("127.0.0.1", OK);
    let outbound = allowing(&["127.0.0.1"]);
    assert_eq!(code(outbound.call(get(&far.url("/"))).await), "ok");
    assert_eq!(code(outbound.call(get(&far.url("/").replace("http:", "https:"))).await), "http.connect");
}

#[tokio::test]
async fn no_error_tells_what_was_sent() {
    let outbound = allowing(&["127.0.0.1"]);
    let trap = FarSide::saying("127.0.0.2", OK);
    let fars = [
        FarSide::saying("127.0.0.1", ""),
        FarSide::saying("127.0.0.1", "CANARY CANARY CANARY\r\n\r\n"),
        FarSide::saying("127.0.0.1", "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\nX: CANARY\r\n\r\nCANARY"),
        FarSide::redirecting("127.0.0.1", 307, "file:///CANARY"),
        FarSide::redirecting("127.0.0.1", 307, "http://[CANARY]/"),
        FarSide::redirecting("127.0.0.1", 307, format!("{}?CANARY", trap.url("/CANARY"))),
        FarSide::redirecting("127.0.0.1", 307, "/CANARY"),
        trap.clone(),
        endless("HTTP/1.1 200 OK\r\nX: CANARY", b"x".to_vec(), 50),
    ];
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let urls =
        fars.iter().map(|far| far.at).chain([closed]).flat_map(|at| {
            ["http", "https"].map(|scheme| format!("{scheme}://CANARY:CANARY@{at}/CANARY?q=CANARY#CANARY"))
        });
    for url in urls {
        let call = Call { timeout: Duration::from_millis(500), ..post(&url, Method::POST) };
        let error = outbound.call(Call { body: Bytes::from_static(b"CANARY"), ..call }).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("CANARY"), "{url}: {error:?}");
    }
}
