"use strict";
// aliyun-sdk, the SDK for JavaScript, as its README has it: a machine's life.
const ALY = require("aliyun-sdk");

const ecs = new ALY.ECS({
  accessKeyId: "local",
  secretAccessKey: "local",
  endpoint: process.argv[2],
  apiVersion: "2014-05-26",
});
const call = (operation, parameters) =>
  new Promise((resolve, reject) => {
    ecs[operation]({ ...parameters }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
const region = { RegionId: "cn-hangzhou" };

async function life() {
  const groups = await call("describeSecurityGroups", region);
  const made = await call("createInstance", {
    ...region,
    ImageId: "aliyun_3_x64_20G_alibase_20260815.vhd",
    InstanceType: "ecs.g7.large",
    SecurityGroupId: groups.SecurityGroups.SecurityGroup[0].SecurityGroupId,
  });
  await call("startInstance", { InstanceId: made.InstanceId });
  const shown = await call("describeInstanceStatus", { ...region, PageSize: 50 });
  await call("stopInstance", { InstanceId: made.InstanceId });
  await call("deleteInstance", { InstanceId: made.InstanceId });
  const ids = shown.InstanceStatuses.InstanceStatus.map((each) => each.InstanceId);
  console.log(JSON.stringify({ shown: ids.includes(made.InstanceId), made: made.InstanceId }));
}

life().catch((error) => {
  console.error(error);
  process.exit(1);
});
