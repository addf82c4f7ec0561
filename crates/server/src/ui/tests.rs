use http::header::{ACCEPT_ENCODING, CONTENT_SECURITY_POLICY, IF_NONE_MATCH};
use http_body_util::BodyExt as _;

use super::*;

static BUILT: Bundle = Bundle {
    page: r#"<meta name="base" content="__BASE__"><script nonce="__NONCE__" src="__BASE__assets/a-1.js"></script>
        <style nonce="__NONCE__"></style>"#,
    files: &[
        File { name: "assets/a-1.js", tag: "aa", plain: b"plain", brotli: Some(b"br"), gzip: Some(b"gz") },
        File { name: "assets/b-2.woff2", tag: "bb", plain: b"font", brotli: None, gzip: None },
        File { name: "favicon.svg", tag: "cc", plain: b"<svg/>", brotli: None, gzip: None },
    ],
};

const BROWSER: (http::HeaderName, &str) = (ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");

fn ask(method: &Method, path: &str, headers: &[(http::HeaderName, &'static str)]) -> Option<Response<Body>> {
    let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
    Ui::of("/tools/".parse().unwrap(), &BUILT).answer(method, path, &headers)
}

fn header<'r>(response: &'r Response<Body>, name: &str) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn an_asset_is_kept_for_ever_and_packed_as_the_browser_likes() {
    for (accepted, encoding, tag, bytes) in [
        ("gzip, br", Some("br"), "\"aa-br\"", "br"),
        ("gzip", Some("gzip"), "\"aa-gzip\"", "gz"),
        ("identity", None, "\"aa\"", "plain"),
    ] {
        let response = ask(&Method::GET, "/assets/a-1.js", &[(ACCEPT_ENCODING, accepted)]).unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "content-encoding"), encoding);
        assert_eq!(header(&response, "etag"), Some(tag));
        assert_eq!(header(&response, "cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(header(&response, "vary"), Some("Accept-Encoding"));
        assert_eq!(header(&response, "content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(header(&response, "x-content-type-options"), Some("nosniff"));
        assert_eq!(text(response).await, bytes);
    }
    let font = ask(&Method::GET, "/assets/b-2.woff2", &[(ACCEPT_ENCODING, "br")]).unwrap();
    assert_eq!((header(&font, "content-type"), header(&font, "vary")), (Some("font/woff2"), None));
    let icon = ask(&Method::GET, "/favicon.svg", &[]).unwrap();
    assert_eq!(header(&icon, "cache-control"), Some("no-cache"));
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let again =
        |given| ask(&Method::GET, "/assets/a-1.js", &[(ACCEPT_ENCODING, "br"), (IF_NONE_MATCH, given)]).unwrap();
    let response = again("\"aa-br\"");
    assert_eq!((response.status().as_u16(), header(&response, "etag")), (304, Some("\"aa-br\"")));
    assert_eq!(header(&response, "cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(header(&response, "content-type"), None);
    assert_eq!(text(response).await, "");
    // Packed another way it is another thing.
    assert_eq!(again("\"aa-gzip\"").status(), 200);
}

#[tokio::test]
async fn every_page_has_a_nonce_of_its_own() {
    let mut seen = std::collections::HashSet::new();
    for path in ["/", "/workflows/0000000000000/edit", "/login", "/apiary"] {
        let response = ask(&Method::GET, path, &[BROWSER]).unwrap();
        assert_eq!(header(&response, "cache-control"), Some("no-store"));
        assert_eq!(header(&response, "cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(header(&response, "referrer-policy"), Some("no-referrer"));
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        let nonce = policy.split_once("'nonce-").unwrap().1.split_once('\'').unwrap().0.to_owned();
        assert_eq!((nonce.len(), policy.matches(&nonce).count()), (32, 2), "{policy}");
        for rule in [
            "default-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "trusted-types 'none'",
        ] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let page = text(response).await;
        assert_eq!(page.matches(&format!("nonce=\"{nonce}\"")).count(), 2, "{page}");
        assert!(page.contains("content=\"/tools/\"") && page.contains("src=\"/tools/assets/a-1.js\""), "{page}");
        assert!(!page.contains("__"), "{page}");
        assert!(seen.insert(nonce));
    }
}

#[test]
fn nothing_of_the_api_is_a_page_and_no_asset_is_made_up() {
    for path in
        ["/api", "/api/v1/workflows", "/api;x", "/metrics", "/metrics/", "/healthz", "/readyz;x", "/assets/old.js", "*"]
    {
        assert!(ask(&Method::GET, path, &[BROWSER]).is_none(), "{path}");
    }
    for accepted in ["*/*", "application/json", "image/avif, text/plain", ""] {
        assert!(ask(&Method::GET, "/", &[(ACCEPT, accepted)]).is_none(), "{accepted}");
    }
    assert!(ask(&Method::GET, "/", &[]).is_none() && ask(&Method::POST, "/", &[BROWSER]).is_none());
    assert!(ask(&Method::HEAD, "/", &[BROWSER]).is_some());
    let written = ask(&Method::POST, "/assets/a-1.js", &[]).unwrap();
    assert_eq!((written.status().as_u16(), header(&written, "allow")), (405, Some("GET, HEAD")));
}
