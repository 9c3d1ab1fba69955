//! What the tests of this room share: the bundled model, loaded once per process the way the program does.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::{Encoder, ModelFiles, ModelOptions, locate, open};

/// A runtime folder under `target`, shared by all test processes so that ONNX Runtime is fetched once.
pub(crate) fn runtime_dir() -> PathBuf {
    let chosen = std::env::var_os("RANKSCOPE_RUNTIME_DIR").map(PathBuf::from);
    chosen.unwrap_or_else(|| {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"));
        target.join("rankscope-test-runtime")
    })
}

pub(crate) fn options() -> ModelOptions {
    ModelOptions { runtime_dir: Some(runtime_dir()), threads: 2, ..ModelOptions::default() }
}

pub(super) fn bundled_files() -> &'static ModelFiles {
    static FILES: OnceLock<ModelFiles> = OnceLock::new();
    FILES.get_or_init(|| locate(&options()).unwrap())
}

/// The bundled model.
pub(super) fn encoder() -> &'static Arc<dyn Encoder> {
    static ENCODER: OnceLock<Arc<dyn Encoder>> = OnceLock::new();
    ENCODER.get_or_init(|| open(bundled_files(), &options(), &mut |_| {}).unwrap())
}

pub(super) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// One sentence in each of eight languages, of different lengths.
pub(super) const SENTENCES: [&str; 8] = [
    "How do I get a refund after cancelling my ticket?",
    "予約を取り消した後の払い戻しについて教えてください。",
    "예매를 취소하면 환불은 언제 되나요?",
    "退票之後多久可以收到退款？",
    "我的行李丢了，应该联系谁？",
    "Kann ich mein Fahrrad im Zug mitnehmen, wenn kein Stellplatz frei ist?",
    "¿Dónde puedo cambiar el asiento de mi reserva?",
    "ขอคืนเงินค่าตั๋วได้ที่ไหน",
];
