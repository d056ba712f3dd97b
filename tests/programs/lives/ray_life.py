"""Ray's Aliyun node provider, as its autoscaler drives it: from nothing to a node and back."""

import json
from pathlib import Path

from ray.autoscaler._private.aliyun.config import bootstrap_aliyun
from ray.autoscaler._private.aliyun.node_provider import AliyunNodeProvider

Path("~/.ssh").expanduser().mkdir()
config = {
    "cluster_name": "ci",
    "provider": {
        "type": "aliyun",
        "region": "cn-hangzhou",
        "zone_id": "cn-hangzhou-h",
        "cidr_block": "172.31.0.0/24",
        "access_key": "local",
        "access_key_secret": "local",
        "key_name": "ray",
        "cache_stopped_nodes": False,
        "security_group_rule": [],
    },
    "auth": {"ssh_user": "root"},
}
provided = bootstrap_aliyun(config)["provider"]
told = {name: bool(provided.get(name)) for name in ("vpc_id", "v_switch_id", "security_group_id")}
told["key"] = Path(config["auth"]["ssh_private_key"]).read_text().startswith("-----BEGIN")
provider = AliyunNodeProvider(provided, "ci")
tags = {
    "ray-node-type": "worker",
    "ray-user-node-type": "small",
    "ray-launch-config": "x",
    "ray-node-name": "ray-ci-worker",
    "ray-node-status": "uninitialized",
}
new = {"InstanceType": "ecs.g7.large", "ImageId": "aliyun_3_x64_20G_alibase_20260815.vhd"}
(node,) = provider.create_node(new, tags, 1)
told["running"] = provider.is_running(node)
told["found"] = provider.non_terminated_nodes({"ray-node-type": "worker"}) == [node]
provider.set_node_tags(node, {"ray-node-status": "up-to-date"})
told["status"] = provider.node_tags(node)["ray-node-status"]
told["addresses"] = bool(provider.external_ip(node) and provider.internal_ip(node))
provider.terminate_nodes([node])
told["left"] = provider.non_terminated_nodes({})
print(json.dumps(told))
