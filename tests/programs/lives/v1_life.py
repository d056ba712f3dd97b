"""A script of the V1 SDK that knows nothing of an emulator: only HTTP_PROXY leads it there."""

import json
import os

from aliyunsdkcore.client import AcsClient
from aliyunsdkecs.request.v20140526.DeleteInstanceRequest import DeleteInstanceRequest
from aliyunsdkecs.request.v20140526.DescribeInstancesRequest import DescribeInstancesRequest
from aliyunsdkecs.request.v20140526.RunInstancesRequest import RunInstancesRequest
from aliyunsdkecs.request.v20140526.StopInstanceRequest import StopInstanceRequest

client = AcsClient(
    os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
    os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
    "cn-hangzhou",
)


def ask(kind, **parameters):
    request = kind()
    for name, value in parameters.items():
        getattr(request, f"set_{name}")(value)
    return json.loads(client.do_action_with_exception(request))


new = {"ImageId": "aliyun_3_x64_20G_alibase_20260815.vhd", "InstanceType": "ecs.g7.large"}
(made,) = ask(RunInstancesRequest, **new)["InstanceIdSets"]["InstanceIdSet"]
shown = ask(DescribeInstancesRequest, InstanceIds=[made])["Instances"]["Instance"]
ask(StopInstanceRequest, InstanceId=made)
ask(DeleteInstanceRequest, InstanceId=made)
left = ask(DescribeInstancesRequest, InstanceIds=json.dumps([made]))["TotalCount"]
print(json.dumps({"shown": [each["InstanceId"] for each in shown] == [made], "left": left}))
