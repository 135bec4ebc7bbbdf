"""From `template.yaml` to a plain CloudFormation template, by AWS's own translator, and to one that MiniStack deploys.

The first step is what CloudFormation does with the SAM transform. The second makes up for what MiniStack does not do:
it ignores the OpenAPI body of an HTTP API, so its paths become integrations and routes, and its CORS becomes the API's;
it ignores ExcludePunctuation, so the characters are excluded by name; and it takes no alarm that calculates, so those
are left out. Nothing else is changed. docs/internals/DEPLOYMENT-TEST.md lists how MiniStack differs from AWS beyond this.
"""

import os
import re
import string

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

CORS = {
    "allowOrigins": "AllowOrigins",
    "allowMethods": "AllowMethods",
    "allowHeaders": "AllowHeaders",
    "exposeHeaders": "ExposeHeaders",
    "allowCredentials": "AllowCredentials",
    "maxAge": "MaxAge",
}


class NoManagedPolicies:
    """The template names none; the real loader would ask IAM for their list."""

    def load(self):
        return {}


def serverless(text, region):
    """The template as it is written, and the logical ids of its functions."""
    os.environ["AWS_DEFAULT_REGION"] = region  # the translator asks boto3 for a partition
    template = yaml_parse(text)
    kinds = {name: resource["Type"] for name, resource in template["Resources"].items()}
    return template, [name for name, kind in kinds.items() if kind == "AWS::Serverless::Function"]


def expand(template, functions, bucket):
    """What CloudFormation makes of it, with the code of each function as `NAME.zip` in a bucket, as `sam deploy` does."""
    for name in functions:
        template["Resources"][name]["Properties"]["CodeUri"] = f"s3://{bucket}/{name}.zip"
    return transform(template, {}, NoManagedPolicies())


def for_ministack(expanded):
    """The same stack with the API's body spelled out as resources. Returns the routes too, and what was left out."""
    resources = expanded["Resources"]
    routes, left_out = [], []
    for name, each in list(resources.items()):
        if each["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in each["Properties"]:
            left_out.append(name)
            del resources[name]
    for secret in [each for each in resources.values() if each["Type"] == "AWS::SecretsManager::Secret"]:
        generated = secret["Properties"]["GenerateSecretString"]
        if generated.get("ExcludePunctuation"):
            generated["ExcludeCharacters"] = string.punctuation
    for api in [name for name, each in resources.items() if each["Type"] == "AWS::ApiGatewayV2::Api"]:
        properties = resources[api]["Properties"]
        body = properties.pop("Body")
        properties.setdefault("Name", {"Ref": "AWS::StackName"})
        properties.setdefault("ProtocolType", "HTTP")
        cors = body.get("x-amazon-apigateway-cors")
        if cors:
            # MiniStack keeps the keys as a stack spells them and reads them as the API does: in camel case.
            properties["CorsConfiguration"] = {key: cors[key] for key in CORS if key in cors}
        for path, methods in body["paths"].items():
            for method, operation in methods.items():
                key = f"{method.upper()} {path}"
                routes.append(key)
                resources.update(route(api, key, operation["x-amazon-apigateway-integration"]))
    return expanded, sorted(routes), left_out


def route(api, key, integration):
    """The two resources of a route."""
    name = api + "".join(word.capitalize() for word in re.findall(r"\w+", key))
    return {
        f"{name}Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": api},
                "IntegrationType": integration["type"].upper(),
                "IntegrationUri": integration["uri"],
                "IntegrationMethod": integration["httpMethod"],
                "PayloadFormatVersion": integration["payloadFormatVersion"],
            },
        },
        name: {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": api},
                "RouteKey": key,
                "Target": {"Fn::Sub": "integrations/${" + name + "Integration}"},
            },
        },
    }
