"""lepak, a library of one client for all products: a machine's life, and what is around it."""

import json

import lepak

clients = {
    name: lepak.client(
        name,
        version=version,
        access_key_id="local",
        access_key_secret="local",
        region_id="cn-hangzhou",
    )
    for name, version in (("ecs", "2014-05-26"), ("vpc", "2016-04-28"), ("sts", "2015-04-01"))
}


def call(service, action, **params):
    return clients[service].call(action, params)["body"]


told = {"account": call("sts", "GetCallerIdentity")["AccountId"]}
told["zones"] = len(call("ecs", "DescribeZones")["Zones"]["Zone"])
vpc = call("vpc", "DescribeVpcs")["Vpcs"]["Vpc"][0]["VpcId"]
group = call("ecs", "CreateSecurityGroup", VpcId=vpc, SecurityGroupName="lepak")["SecurityGroupId"]
told["groups"] = call("ecs", "DescribeSecurityGroups", SecurityGroupIds=[group])["TotalCount"]
new = {"ImageId": "aliyun_3_x64_20G_alibase_20260815.vhd", "InstanceType": "ecs.g7.large"}
(made,) = call("ecs", "RunInstances", **new)["InstanceIdSets"]["InstanceIdSet"]
shown = call("ecs", "DescribeInstances", InstanceIds=[made])["Instances"]["Instance"]
told["shown"] = [each["InstanceId"] for each in shown] == [made]
call("ecs", "StopInstance", InstanceId=made)
call("ecs", "DeleteInstance", InstanceId=made)
told["left"] = call("ecs", "DescribeInstances", InstanceIds=[made])["TotalCount"]
print(json.dumps(told))
