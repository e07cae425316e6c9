"""The servers that are compared, how each is started and which of them are installed."""

import dataclasses
import glob
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BODY = b'Hello, world!'
SERVER_CPU = 0
LOAD_CPU = 1


@dataclasses.dataclass
class Server:
    """A server, and the command line for each ending that it knows; PORT and FOLDER stand for themselves."""
    name: str
    endings: dict  # 'keep', 'immediate', 'lingering' -> command; a server with 'keep' alone decides by itself
    path: str = '/'
    package: str = ''
    # The floor can not tell who asked to close, so it is told when it starts.
    hears_requests: bool = True
    pipelines: bool = True

    def command(self, ending):
        return self.endings.get(ending, self.endings['keep'])


def is_allowed(*prefix):
    return subprocess.run([*prefix, 'true'], capture_output=True).returncode == 0


def without_root():
    """As root the servers would want to become another user, whom a user namespace does not have."""
    prefix = ['unshare', '--user', '--map-user=1000', '--']
    if is_allowed(*prefix):
        return prefix
    if os.geteuid() != 0:
        return []
    nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']
    # In a folder of root's that is closed to others, closelab is measured as root; it does not mind.
    can_reach = subprocess.run([*nobody, 'test', '-r', os.path.abspath(__file__)], capture_output=True).returncode == 0
    return nobody if can_reach else []


def find_program(name):
    """In PATH, or unpacked below build/deps by `tests/bench/bench --install`."""
    places = [*os.environ['PATH'].split(':'), '/usr/sbin', *(str(ROOT / f'build/deps/{name}/usr/{folder}')
                                                            for folder in ('sbin', 'bin'))]
    return shutil.which(name, path=':'.join(places))


def fill_in(file, **values):
    text = (HERE / 'peers' / file).read_text()
    for name, value in values.items():
        text = text.replace(f'@{name}@', str(value))
    return text


def configured(program, conf, *arguments):
    """A server that is told everything by a file."""

    def command(folder, port):
        prepare_folder(folder)
        values = {'PORT': port, 'FOLDER': folder, 'MODULES': modules_of_apache()}
        (folder / conf).write_text(fill_in(conf, **values))
        return [find_program(program), *(a.format(folder=folder, conf=folder / conf) for a in arguments)]

    return command


def prepare_folder(folder):
    (folder / 'files').mkdir(exist_ok=True)
    (folder / 'files/index.html').write_bytes(BODY)


def modules_of_apache():
    found = glob.glob('/usr/lib/apache2/modules') + glob.glob(str(ROOT / 'build/deps/apache2-bin/usr/lib/apache2/modules'))
    return found[0] if found else ''


def simple(*command):
    """A server whose port is an argument."""
    return lambda folder, port: [str(part).replace('PORT', str(port)) for part in command]


def own_servers(build, *settings):
    floor = build / 'tests/bench/bench_floor'
    embedded = build / 'tests/bench/bench_closelab'

    def closelab(lookups):
        return {'keep': simple(embedded, 'PORT', f'lookups={lookups}', 'close=immediate', *settings),
                'lingering': simple(embedded, 'PORT', f'lookups={lookups}', 'close=lingering', *settings)}

    program = [build / 'closelab', 'serve', '--address=0.0.0.0', '--port=PORT', '--admin-port=off', '--idle-timeout=600s']
    return [
        Server('floor', {'keep': simple(floor, 'PORT', 'keep'), 'immediate': simple(floor, 'PORT', 'close'),
                         'lingering': simple(floor, 'PORT', 'lingering')}, hears_requests=False),
        Server('closelab, lookups off', closelab('off')),
        Server('closelab, lookups on', closelab('on')),
        Server('closelab serve, with its log', {'keep': simple(*program, '--close-mode=immediate'),
                                                'lingering': simple(*program)}, path='/bytes/13'),
    ]


def peers(build):
    def own(name):
        program = build / 'tests/bench' / f'bench_{name}'
        return {'keep': simple(program, 'PORT')} if program.exists() else {}

    def other(program, *arguments):
        return {'keep': configured(program, *arguments)} if find_program(program) else {}

    go = build / 'tests/bench/bench_go'
    if find_program('go') and not go.exists():
        subprocess.run(['go', 'build', '-o', str(go), str(HERE / 'peers/server.go')], check=False)
    node = find_program('node')
    return [
        Server('nginx', other('nginx', 'nginx.conf', '-p', '{folder}', '-c', '{conf}'), package='nginx'),
        Server('lighttpd', other('lighttpd', 'lighttpd.conf', '-D', '-f', '{conf}'), package='lighttpd'),
        Server('h2o', other('h2o', 'h2o.conf', '-c', '{conf}'), package='h2o'),
        Server('haproxy', other('haproxy', 'haproxy.conf', '-db', '-f', '{conf}'), package='haproxy'),
        Server('Apache', other('apache2', 'apache2.conf', '-DFOREGROUND', '-d', '{folder}', '-f', '{conf}'),
               package='apache2-bin'),
        Server('Node', {'keep': simple(node, HERE / 'peers/server.js', 'PORT')} if node else {}, package='nodejs'),
        Server('Go', {'keep': simple(go, 'PORT')} if go.exists() else {}, package='golang-go'),
        Server('libmicrohttpd', own('libmicrohttpd'), package='libmicrohttpd-dev'),
        Server('evhttp', own('evhttp'), package='libevent-dev'),
        Server('cpp-httplib', own('httplib'), package='libcpp-httplib-dev', pipelines=False),
        Server('Beast', own('beast'), package='libboost-dev'),
    ]
