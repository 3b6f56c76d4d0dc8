//! The form of lab files that editors are told, judged by an independent library.

mod support;

use support::lab::Home;
use support::run;
use support::tools::python_with;

#[test]
fn every_lab_that_we_ship_fits_the_schema_and_a_slip_does_not() {
    let Some(mut python) = python_with("jsonschema") else { return };
    let home = Home::new();
    let schema = run(&mut home.toynet(&["schema"])).succeeded().stdout;
    let path = home.write("schema.json", schema);
    let labs = concat!(env!("CARGO_MANIFEST_DIR"), "/configs");
    let judged = run(python.args(["-c", JUDGE]).arg(path).arg(labs)).succeeded();
    assert_eq!(judged.stdout.trim(), "", "{}", judged.stdout);
}

const JUDGE: &str = "
import glob, json, sys, tomllib
from jsonschema import Draft7Validator
schema = json.load(open(sys.argv[1]))
Draft7Validator.check_schema(schema)
judge = Draft7Validator(schema)
labs = sorted(glob.glob(sys.argv[2] + '/**/*.toml', recursive=True))
assert len(labs) > 4, labs
for lab in labs:
    for error in judge.iter_errors(tomllib.load(open(lab, 'rb'))):
        print(lab, error.json_path, error.message)
for slip in ['[host.\"a.test\".http]\\nrot = \"x\"', '[lab]\\nseed = \"x\"', '[host.\"a.test\".dns]\\nport = 70000', '[nonsense]']:
    if judge.is_valid(tomllib.loads(slip)):
        print('not noticed:', slip)
";
