"""OpenStack Swift with its S3 API, whole in one process, for tests: all data in one folder, on 127.0.0.1 only.

Called with the folder, where given.json holds {"port", "access_key", "secret_key"}; the key has the form `account:user`.
Prints "ready" and the port once it listens. It checks signatures, the region, the SHA-256 of a body and the MD5 of a batch.
"""
import eventlet

eventlet.monkey_patch()

import json
import os
import sys
import time

from eventlet import wsgi
from swift.account.server import app_factory as account_app
from swift.common import utils
from swift.common.http_protocol import SwiftHttpProtocol
from swift.common.ring.builder import RingBuilder
from swift.common.wsgi import loadapp
from swift.container.server import app_factory as container_app
from swift.obj.server import app_factory as object_app

PROXY = """
[DEFAULT]
swift_dir = {folder}
log_level = ERROR
[pipeline:main]
pipeline = catch_errors memory s3api tempauth bulk slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
conn_timeout = 5
node_timeout = 30
recoverable_node_timeout = 30
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:memory]
paste.filter_factory = __main__:memory
[filter:s3api]
use = egg:swift#s3api
location = test-1
s3_acl = false
check_bucket_owner = false
storage_domain = localhost
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {secret_key} .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
"""


class Memory(dict):
    """As much of a memcache as one process needs: some parts insist on having one."""

    def __bool__(self):
        return True

    def set(self, key, value, **_):
        self[key] = value

    def delete(self, key, **_):
        self.pop(key, None)

    def incr(self, key, delta=1, **_):
        self[key] = int(self.get(key) or 0) + delta
        return self[key]


def memory(_global_conf, **_local_conf):
    """Nothing is remembered from one request to the next: what another request changed is seen at once."""

    def wrap(app):
        def call(env, start_response):
            env['swift.cache'] = Memory()
            return app(env, start_response)

        return call

    return wrap


def ring(folder, name, port):
    builder = RingBuilder(1, 1, 0)
    builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1, 'ip': '127.0.0.1', 'port': port, 'device': 'disk'})
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, name + '.ring.gz'))


def serve(sock, app):
    logger = utils.NullLogger()
    options = {'protocol': SwiftHttpProtocol, 'capitalize_response_headers': False, 'socket_timeout': 60}
    return eventlet.spawn(wsgi.server, sock, app, logger, **options)


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, 'given.json')) as file:
        given = json.load(file)
    os.environ['TZ'] = 'UTC+0'
    time.tzset()
    account, user = given['access_key'].split(':')
    os.makedirs(os.path.join(folder, 'devices', 'disk'), exist_ok=True)
    with open(os.path.join(folder, 'swift.conf'), 'w') as conf:
        conf.write('[swift-hash]\nswift_hash_path_suffix = test\n[storage-policy:0]\nname = one\ndefault = yes\n')
    utils.set_swift_dir(folder)
    conf = {
        'devices': os.path.join(folder, 'devices'),
        'swift_dir': folder,
        'mount_check': 'false',
        'fallocate_reserve': '0',
        'log_level': 'ERROR',
    }
    for name, factory in ('account', account_app), ('container', container_app), ('object', object_app):
        sock = eventlet.listen(('127.0.0.1', 0))
        ring(folder, name, sock.getsockname()[1])
        serve(sock, factory(conf))
    path = os.path.join(folder, 'proxy-server.conf')
    with open(path, 'w') as proxy:
        proxy.write(PROXY.format(folder=folder, account=account, user=user, secret_key=given['secret_key']))
    front = eventlet.listen(('127.0.0.1', given['port']))
    serving = serve(front, loadapp(path))
    print('ready', front.getsockname()[1], flush=True)
    serving.wait()


main()
