//! The UI on the admin listener, and the API beside it, at any base path. What is embedded is what was built.

use crate::support::{Answer, Bench, JSON, TOKEN, exchange, request};

const BROWSER: &str = "Accept: text/html,*/*;q=0.8";

async fn at(bench: &Bench, path: &str) -> Answer {
    exchange(bench.admin, &request("GET", path, &[BROWSER], b"")).await
}

fn assert_is_page(answer: &Answer) {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")), "{answer:?}");
    let policy = answer.header("content-security-policy").unwrap();
    let (_, rest) = policy.split_once("script-src 'nonce-").unwrap();
    let (nonce, _) = rest.split_once('\'').unwrap();
    assert!(answer.body.contains(&format!("nonce=\"{nonce}\"")), "{answer:?}");
    assert!(!answer.body.contains("__NONCE__") && !answer.body.contains("__BASE__"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_the_page_wherever_it_goes_and_programs_never() {
    let bench = Bench::new().await;
    for path in ["/", "/workflows", "/executions/ex_1?tab=answer", "/API"] {
        assert_is_page(&at(&bench, path).await);
        let program = exchange(bench.admin, &request("GET", path, &["Accept: */*"], b"")).await;
        assert_eq!((program.status, &program.json()["code"]), (404, &"api.unknown".into()), "{path}");
    }
    assert_eq!(at(&bench, "/api/v1/workflows").await.status, 401);
    assert_eq!(at(&bench, "/assets/none.js").await.status, 404);
    assert_eq!(at(&bench, "/healthz").await.body, "ok\n");
    let head = exchange(bench.admin, &request("HEAD", "/", &[BROWSER], b"")).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    // The open door has no pages.
    let hook = exchange(bench.hooks, &request("GET", "/", &[BROWSER], b"")).await;
    assert_eq!((hook.status, hook.header("content-type")), (404, Some("application/problem+json")));
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_answers_below_the_base_path_too() {
    let bench = Bench::with(|setup| setup.admin_base_path = "/tools/hooks/".parse().unwrap()).await;
    let token = format!("Authorization: Bearer {TOKEN}");
    for base in ["/tools/hooks", ""] {
        assert_is_page(&at(&bench, &format!("{base}/workflows")).await);
        let listed = format!("{base}/api/v1/workflows?limit=1");
        let listed = exchange(bench.admin, &request("GET", &listed, &[&token, JSON], b"")).await;
        assert_eq!((listed.status, listed.body.as_str()), (200, r#"{"items":[],"next_cursor":null}"#));
        assert_eq!(at(&bench, &format!("{base}/readyz")).await.body, "ready\n");
        assert_eq!(at(&bench, &format!("{base}/assets/none.js")).await.status, 404);
    }
    let bare = at(&bench, "/tools/hooks").await;
    assert_eq!((bare.status, bare.header("location")), (308, Some("/tools/hooks/")));
}
