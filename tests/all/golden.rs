//! Reads one reference case, compares computed values with it and remembers which were compared.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use unrolled::tensor::from_vec;

/// Makes one test a case, and the list of them.
macro_rules! cases {
    ($($name:ident: $check:expr;)*) => {
        /// The cases that this file compares.
        pub const COMPARED: &[&str] = &[$(stringify!($name)),*];

        $(#[test]
        fn $name() {
            $crate::golden::compare(stringify!($name), $check);
        })*
    };
}
pub(crate) use cases;

/// Compares every value of the case called `name` by `check`.
#[track_caller]
pub fn compare(name: &str, check: impl Fn(&Golden)) {
    let Some(golden) = Golden::open(&directory(), name) else {
        return; // Said to be absent by the test above.
    };
    check(&golden);
    let count = golden.finish();
    assert!(count > 0, "{name}: nothing was compared");
}

/// Where the reference numbers are; another set is named by the environment.
pub fn directory() -> PathBuf {
    let shipped = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    std::env::var_os("UNROLLED_REFERENCE").map_or_else(shipped, PathBuf::from)
}

/// The parsed index.json of a directory.
#[track_caller]
pub fn index(directory: &Path) -> Json {
    let path = directory.join("index.json");
    let text = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

/// One case: what is given, what must come out, and what was compared so far.
pub struct Golden {
    name: String,
    hyper: Json,
    tensors: BTreeMap<String, Tensor>,
    compared: RefCell<BTreeSet<String>>,
}

struct Tensor {
    shape: Vec<usize>,
    values: Values,
    /// Inputs and parameters are given; everything else has to be compared.
    is_given: bool,
    tolerance: f64,
}

enum Values {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
}

impl Golden {
    /// The case called `name`, or `None` if the directory's index lacks it.
    ///
    /// Hyper-parameters come from the file's own metadata, shapes from its tensors, tolerances
    /// from the index, whose checksum ties the two together.
    #[track_caller]
    pub fn open(directory: &Path, name: &str) -> Option<Self> {
        let index = index(directory);
        let entry = index["cases"].as_array()?.iter().find(|case| case["name"] == name)?;
        let bytes = fs::read(directory.join(entry["file"].as_str().unwrap())).unwrap();
        if let Some(wanted) = entry["sha256"].as_str() {
            let digest = Sha256::digest(&bytes);
            let byte = |at: usize| u8::from_str_radix(&wanted[2 * at..2 * at + 2], 16).ok();
            let same = digest.iter().enumerate().all(|(at, found)| byte(at) == Some(*found));
            assert!(same, "{name}: the file is not the one that the index describes");
        }
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        let golden = metadata.metadata().as_ref().and_then(|map| map.get("golden")).unwrap();
        let golden: Json = serde_json::from_str(golden).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let read = |described: &Json| {
            let name = described["name"].as_str().unwrap();
            let view = file.tensor(name).unwrap();
            let values = match view.dtype() {
                Dtype::F32 => Values::Floats(
                    view.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
                ),
                Dtype::I64 => Values::Integers(
                    view.data().as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect(),
                ),
                _ => Values::Integers(view.data().iter().map(|b| i64::from(*b)).collect()),
            };
            let tensor = Tensor {
                shape: view.shape().to_vec(),
                values,
                is_given: matches!(described["role"].as_str(), Some("input" | "param")),
                tolerance: described["tol"].as_f64().unwrap_or(0.0),
            };
            (name.to_owned(), tensor)
        };
        let tensors: BTreeMap<_, _> =
            entry["tensors"].as_array().unwrap().iter().map(read).collect();
        // What the file holds beyond the index would never be compared.
        for name in file.names() {
            let name = name.trim_end_matches("#f64");
            assert!(tensors.contains_key(name), "`{name}` is in the file but not in the index");
        }
        Some(Self {
            name: name.to_owned(),
            hyper: golden["hyper"].clone(),
            tensors,
            compared: RefCell::default(),
        })
    }

    /// A hyper-parameter, 0 where the case has none of that name.
    pub fn hyper(&self, key: &str) -> f32 {
        self.hyper[key].as_f64().unwrap_or(0.0) as f32
    }

    /// Whether the case has a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The sizes of a tensor's axes.
    #[track_caller]
    pub fn shape(&self, name: &str) -> &[usize] {
        &self.tensor(name).shape
    }

    /// A tensor as a matrix: the last axis as columns, all others as rows.
    #[track_caller]
    pub fn matrix(&self, name: &str) -> Array2<f32> {
        let Tensor { shape, values: Values::Floats(values), .. } = self.tensor(name) else {
            panic!("{}: `{name}` holds whole numbers", self.name)
        };
        let columns = shape.last().copied().unwrap_or(1);
        from_vec([values.len() / columns.max(1), columns], values.clone())
    }

    /// A tensor's entries along its first axis, each as a matrix.
    #[track_caller]
    pub fn steps(&self, name: &str) -> Vec<Array2<f32>> {
        let (all, shape) = (self.matrix(name), self.shape(name));
        let rows = all.nrows() / shape[0];
        let part = |t: usize| all.slice(ndarray::s![t * rows..(t + 1) * rows, ..]).to_owned();
        // Where the steps are vectors, the last axis is theirs.
        (0..shape[0]).map(part).collect()
    }

    /// A tensor of whole numbers in row-major order.
    #[track_caller]
    pub fn integers(&self, name: &str) -> &[i64] {
        let Values::Integers(values) = &self.tensor(name).values else {
            panic!("{}: `{name}` holds fractions", self.name)
        };
        values
    }

    /// Compares a tensor with its parts, which follow each other along the first axis.
    #[track_caller]
    pub fn check<'a>(&self, name: &str, parts: impl IntoIterator<Item = &'a Array2<f32>>) {
        let tensor = self.tensor(name);
        let got: Vec<f32> = parts.into_iter().flatten().copied().collect();
        let want: Vec<f64> = match &tensor.values {
            Values::Floats(values) => values.iter().map(|v| f64::from(*v)).collect(),
            Values::Integers(values) => values.iter().map(|v| *v as f64).collect(),
        };
        let (case, shape, tolerance) = (&self.name, &tensor.shape, tensor.tolerance);
        assert_eq!(got.len(), want.len(), "{case}: entries of {name} {shape:?}");
        for (at, (got, want)) in got.iter().zip(&want).enumerate() {
            let difference = (f64::from(*got) - want).abs();
            // A difference that is NaN must fail as well.
            assert!(
                difference <= tolerance,
                "{case}: {name}: {got} instead of {want}, {difference:e} > {tolerance:e}, at entry {at} of {shape:?}"
            );
        }
        self.compared.borrow_mut().insert(name.to_owned());
    }

    /// Ends the comparison; gives the number of tensors that were compared.
    ///
    /// # Panics
    /// If one that should come out was never compared.
    #[track_caller]
    pub fn finish(self) -> usize {
        let compared = self.compared.into_inner();
        let missed: Vec<_> = self
            .tensors
            .iter()
            .filter(|(name, tensor)| !tensor.is_given && !compared.contains(*name))
            .map(|(name, _)| name)
            .collect();
        assert!(missed.is_empty(), "{}: never compared: {missed:?}", self.name);
        compared.len()
    }

    #[track_caller]
    fn tensor(&self, name: &str) -> &Tensor {
        self.tensors.get(name).unwrap_or_else(|| panic!("{}: no tensor `{name}`", self.name))
    }
}
