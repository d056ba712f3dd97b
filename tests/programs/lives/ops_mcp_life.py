"""Alibaba's own operations MCP server: its tools, called as its server calls them."""

import json

from alibaba_cloud_ops_mcp_server.config import config
from alibaba_cloud_ops_mcp_server.tools.common_api_tools import tools

REGION = {"RegionId": "cn-hangzhou"}
MORE = {"DescribeAvailableResource": {"DestinationResource": "InstanceType"}}


(caller,) = (each for each in tools if each.__name__ == "CommonAPICaller")


def call(service, api, **parameters):
    return caller(service, api, {**REGION, **parameters})["body"]


told = {"asked": []}
for service in ("ecs", "Vpc"):
    for api in config[service]:
        if api.startswith("Describe"):
            call(service, api, **MORE.get(api, {}))
            told["asked"].append(api)
instances = call("ecs", "DescribeInstances")["Instances"]["Instance"]
(web,) = [each["InstanceId"] for each in instances if each["InstanceName"] == "web-1"]
call("ecs", "StopInstances", **{"InstanceId.1": web})
call("ecs", "StartInstances", **{"InstanceId.1": web})
call("ecs", "DeleteInstances", **{"InstanceId.1": web, "Force": "true"})
left = call("ecs", "DescribeInstances", InstanceIds=[web])
told["left"] = left["TotalCount"]
print(json.dumps(told))
