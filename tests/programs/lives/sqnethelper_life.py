"""sqnethelper's own managers, as its commands call them: from a network to a machine and back."""

import json
from datetime import datetime, timedelta, timezone

from sqnethelper.ConfigManager import ConfigManager
from sqnethelper.ECSManager import ECSManager
from sqnethelper.VPCManager import VPCManager

KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDR sqnethelper"
told = {}
machines = ECSManager("local", "local", "cn-hangzhou")
networks = VPCManager("local", "local", "cn-hangzhou")
told["regions"] = len(machines.get_regions())
zone = machines.get_zones()[-1]["ZoneId"]
told["types"] = networks.get_available_instance_types_with_price(zone, 2, 0.5)
told["disks"] = bool(networks.get_available_disk_categories(zone, "ecs.t6-c4m1.large"))
told["images"] = bool(machines.get_public_images())
vpc = networks.create_vpc()
vswitch = networks.create_vswitch(vpc, zone)
told["networks"] = networks.is_vpc_exist(vpc) and networks.is_vswitch_exist(vswitch)
group = networks.create_security_group(vpc)
told["rule"] = networks.add_security_group_accept_rule(group, "TCP", "22/22")
told["rule there"] = networks.is_security_group_accept_rule_exist(group, "TCP", "22/22")
told["group there"] = networks.is_security_group_exist(group)
told["key"] = networks.import_ssh_key("sqnet-sshkey-1", KEY)
config = ConfigManager()
config.set_config(zone_id=zone, vpc_id=vpc, vswitch_id=vswitch, security_group_id=group)
config.set_config(image_id="ubuntu_24_04_x64_20G_alibase_20260916.vhd")
made = machines.create_instance(config)["InstanceId"]
told["made"] = made
told["password"] = machines.reset_instance_password(made, "Root1234")
told["attached"] = machines.attach_key_pair(made, "sqnet-sshkey-1")
told["address"] = machines.allocate_public_ip(made)
told["started"] = machines.start_instance(made)
at = datetime.now(timezone.utc) + timedelta(hours=2)
told["release"] = machines.modify_instance_auto_release_time(made, f"{at:%Y-%m-%dT%H:%M:%SZ}")
told["listed"] = [each["Name"] for each in machines.list_instances()]
told["deleted"] = machines.delete_instance(made)
print(json.dumps(told))
