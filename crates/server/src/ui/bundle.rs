//! What `build.rs` put in.

/// The UI as it was built.
#[derive(Debug)]
pub(super) struct Bundle {
    /// With `__NONCE__` and `__BASE__` in it.
    pub(super) page: &'static str,
    pub(super) files: &'static [File],
}

/// A file beside the page.
#[derive(Debug)]
pub(super) struct File {
    /// Its path, such as `assets/index-1f2e3d.js`.
    pub(super) name: &'static str,
    /// Other bytes, another tag.
    pub(super) tag: &'static str,
    pub(super) plain: &'static [u8],
    pub(super) brotli: Option<&'static [u8]>,
    pub(super) gzip: Option<&'static [u8]>,
}

pub(super) static EMBEDDED: Bundle = include!(concat!(env!("OUT_DIR"), "/bundle.rs"));

/// By the ending. With `nosniff` a script of another type is not run.
pub(super) fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
