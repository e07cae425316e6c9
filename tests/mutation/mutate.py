#!/usr/bin/env python3
"""Puts deliberate faults into a copy of the sources, one at a time, and runs the tests that must notice each.

    tests/mutation/mutate.py [--build DIR] [WORD]...     only faults whose file or reason has one of the words
    tests/mutation/mutate.py --check                     only whether each has its place in the sources, once

The faults are in mutations.toml. Each row of the table says what the tests made of one: `caught`, `SURVIVED` (no test
noticed), or `does not build`. Exit status 1 unless all are caught. After ./check; about 5 s a fault on 2 cores.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPIED = ['CMakeLists.txt', 'cmake', 'docs', 'net', 'http', 'server', 'tests']
TEST_SECONDS = 240


def copy_sources(tree):
    for name in COPIED:
        source, target = ROOT / name, tree / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)


def configure(tree, build):
    subprocess.run(['cmake', '-S', tree, '-B', build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Debug',
                    '-DCMAKE_CXX_FLAGS_DEBUG=-O0', '-DCMAKE_C_FLAGS_DEBUG=-O1',
                    '-DCLOSELAB_PRECOMPILED_HEADERS=ON', '-DCLOSELAB_BUILD_PROGRAM=OFF',
                    f'-DCLOSELAB_LLHTTP_ROOT={ROOT / "build/deps/llhttp"}'],
                   check=True, stdout=subprocess.DEVNULL)


def build_tests(build, tests):
    return subprocess.run(['ninja', '-C', build, *tests], capture_output=True, text=True, check=False)


def first_to_fail(build, tests):
    """The first of the tests that fails; None when all pass."""
    for test in tests:
        command = [build / 'tests' / test, '--abort-after=1']
        try:
            done = subprocess.run(command, cwd=build / 'tests', timeout=TEST_SECONDS, capture_output=True, check=False)
        except subprocess.TimeoutExpired:
            return f'{test} (did not end)'
        if done.returncode != 0:
            return test
    return None


class Mutation:
    def __init__(self, entry):
        self.file, self.was, self.becomes = entry['file'], entry['was'], entry['becomes']
        self.why, self.tests = entry['why'], entry['tests']

    def is_about(self, words):
        return not words or any(word in self.file or word in self.why for word in words)

    def misplaced(self):
        """What is wrong with its place, if anything is."""
        count = (ROOT / self.file).read_text().count(self.was)
        return None if count == 1 else f'mutations.toml: {self.file} has this {count} times, not once:\n{self.was}'

    def apply(self, tree):
        """The file's text as it was."""
        path = tree / self.file
        text = path.read_text()
        path.write_text(text.replace(self.was, self.becomes))
        return text

    def outcome(self, tree, build):
        text = self.apply(tree)
        try:
            built = build_tests(build, self.tests)
            if built.returncode != 0:
                return 'does not build'
            failed = first_to_fail(build, self.tests)
            return f'caught by {failed}' if failed else 'SURVIVED'
        finally:
            (tree / self.file).write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--build', default=ROOT / 'build/mutation', type=pathlib.Path)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('words', nargs='*')
    arguments = parser.parse_args()

    table = tomllib.loads((pathlib.Path(__file__).parent / 'mutations.toml').read_text())
    mutations = [m for m in map(Mutation, table['mutation']) if m.is_about(arguments.words)]
    if misplaced := list(filter(None, (mutation.misplaced() for mutation in mutations))):
        sys.exit('\n'.join(misplaced))
    if arguments.check:
        return os.EX_OK
    tree, build = arguments.build / 'tree', arguments.build / 'build'
    shutil.rmtree(arguments.build, ignore_errors=True)  # objects of a fault would outlive it
    tree.mkdir(parents=True)
    copy_sources(tree)
    configure(tree, build)

    tests = sorted({test for mutation in mutations for test in mutation.tests})
    if build_tests(build, tests).returncode != 0:
        sys.exit('the sources do not build without a fault')
    if failed := first_to_fail(build, tests):
        sys.exit(f'{failed} fails without a fault')

    missed = 0
    for number, mutation in enumerate(mutations, 1):
        start = time.monotonic()
        outcome = mutation.outcome(tree, build)
        missed += not outcome.startswith('caught')
        print(f'{number:3} {outcome:28} {mutation.file:32} {mutation.why}  ({time.monotonic() - start:.0f} s)', flush=True)
    if build_tests(build, tests).returncode != 0 or first_to_fail(build, tests):
        sys.exit('without a fault the tests do not pass any more')
    print(f'{len(mutations)} faults, {len(mutations) - missed} caught')
    return os.EX_OK if missed == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
