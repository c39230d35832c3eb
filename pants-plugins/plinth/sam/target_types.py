from __future__ import annotations

from pants.core.goals.package import OutputPathField
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    AsyncFieldMixin,
    Dependencies,
    IntField,
    StringField,
    Target,
)
from pants.util.strutil import help_text


class SamDependenciesField(Dependencies):
    help = "The application's functions are found by themselves: those of its folder and below."


class SamAuthorizerField(StringField, AsyncFieldMixin):
    alias = "authorizer"
    help = "The function that lets callers in, a token authorizer; without it everybody may call."


class SamAuthorizerSecondsField(IntField):
    alias = "authorizer_seconds"
    default = 30
    help = "For how long API Gateway keeps the authorizer's answer, in seconds."


class SamOpenapiField(StringField):
    alias = "openapi"
    help = help_text(
        """
        What gives the API's OpenAPI document: a function, as `module:function`, of the code of one
        of the lambdas. Its routes must be those that the handlers serve. It is packaged as
        `openapi.json`.
        """
    )


class SamStageField(StringField):
    alias = "stage"
    default = "v1"
    help = "The name of the API's stage, which is the first part of its path."


class SamDeploymentField(StringField):
    alias = "deployment"
    default = "AllAtOnce"
    help = help_text(
        """
        How callers go over to a new version: one of CodeDeploy's ways, such as
        `Canary10Percent5Minutes`. It goes back when the function's alarm goes off.
        """
    )


class SamApplicationTarget(Target):
    alias = "sam_application"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        SamDependenciesField,
        OutputPathField,
        SamAuthorizerField,
        SamAuthorizerSecondsField,
        SamOpenapiField,
        SamStageField,
        SamDeploymentField,
    )
    help = help_text(
        """
        The lambdas of this folder and below as one application: a template for AWS's Serverless
        Application Model. `./pants package` writes it. docs/sam.md describes it.
        """
    )
