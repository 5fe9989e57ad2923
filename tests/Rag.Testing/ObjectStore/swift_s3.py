"""OpenStack Swift with its S3 API in one process, on loopback: an object store that real clients talk to, for tests.

Arguments: the folder that holds everything, the port. Environment: OBJECT_STORE_KEY, the secret key that goes with the key 'rag:tests'.
Prints 'listening' when it answers.
"""
import os
import sys

from swift.common import utils

ROOT = sys.argv[1]
SETTINGS = os.path.join(ROOT, 'etc')
utils.SWIFT_CONF_FILE = os.path.join(SETTINGS, 'swift.conf')
utils.eventlet_monkey_patch()

import eventlet
from eventlet import wsgi
from swift.common.ring import RingBuilder
from swift.common.wsgi import SwiftHttpProtocol, loadapp

SERVERS = ('account', 'container', 'object')

# A machine that is busy with other tests answers late, and there is no second copy and no process that makes up for what was not done in time.
PATIENCE = 120


class NoCache:
    """What the proxy asks for and need not have: everything is looked up anew."""

    def get(self, key, **_):
        return None

    def set(self, key, value, **_):
        pass

    def delete(self, key, **_):
        pass


def without_cache(app):
    def answer(environment, start_response):
        environment['swift.cache'] = NoCache()
        return app(environment, start_response)
    return answer


def write(name, text):
    with open(os.path.join(SETTINGS, name), 'w', encoding='utf-8') as file:
        file.write(text)


def ring(server, port):
    builder = RingBuilder(part_power=4, replicas=1, min_part_hours=1)
    builder.add_dev({
        'id': 0, 'region': 1, 'zone': 1, 'device': 'disk', 'weight': 1.0,
        'ip': '127.0.0.1', 'port': port, 'replication_ip': '127.0.0.1', 'replication_port': port})
    builder.rebalance()
    builder.get_ring().save(os.path.join(SETTINGS, server + '.ring.gz'))


def server_settings(server):
    return f'''[DEFAULT]
swift_dir = {SETTINGS}
devices = {os.path.join(ROOT, 'node')}
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
container_update_timeout = {PATIENCE}
node_timeout = {PATIENCE}
conn_timeout = {PATIENCE}
log_level = ERROR
[pipeline:main]
pipeline = app
[app:app]
use = egg:swift#{server}
'''


def proxy_settings():
    return f'''[DEFAULT]
swift_dir = {SETTINGS}
log_level = ERROR
[pipeline:main]
pipeline = catch_errors bulk s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
node_timeout = {PATIENCE}
recoverable_node_timeout = {PATIENCE}
conn_timeout = {PATIENCE}
error_suppression_limit = 1000000
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_rag_tests = {os.environ['OBJECT_STORE_KEY']} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
'''


def main():
    os.makedirs(SETTINGS, exist_ok=True)
    os.makedirs(os.path.join(ROOT, 'node', 'disk'), exist_ok=True)
    write('swift.conf', '[swift-hash]\nswift_hash_path_suffix = tests\n[storage-policy:0]\nname = only\ndefault = yes\n')
    sockets = {}
    for server in SERVERS:
        sockets[server] = eventlet.listen(('127.0.0.1', 0))
        ring(server, sockets[server].getsockname()[1])
        write(server + '.conf', server_settings(server))
    sockets['proxy'] = eventlet.listen(('127.0.0.1', int(sys.argv[2])))
    write('proxy.conf', proxy_settings())
    with open(os.devnull, 'w', encoding='utf-8') as nowhere:
        for server, socket in sockets.items():
            app = loadapp(os.path.join(SETTINGS, server + '.conf'), allow_modify_pipeline=False)
            eventlet.spawn(wsgi.server, socket, without_cache(app), log=nowhere, log_output=False, protocol=SwiftHttpProtocol)
        eventlet.sleep(0)
        print('listening', flush=True)
        while True:
            eventlet.sleep(3600)


main()
