using System.Text.RegularExpressions;

namespace Infra.Tests;

/// <summary>The compiler takes any string for TLS versions, tiers and switches, so the values themselves are checked.</summary>
[Collection(Compiled.Name)]
public sealed partial class HardeningTests(Profiles profiles)
{
    public static TheoryData<string> All => Profiles.All;

    /// <summary>A loop or name the compiler could not work out would hide resources from every other test.</summary>
    [Theory, MemberData(nameof(All))]
    public void The_prediction_is_complete(string profile) =>
        Assert.Equal("[]", profiles[profile].Snapshot.GetProperty("diagnostics").GetRawText());

    [Theory, MemberData(nameof(All))]
    public void Storage_takes_no_account_key_and_shows_nothing_to_strangers(string profile)
    {
        var account = profiles[profile].One("Microsoft.Storage/storageAccounts");
        Assert.Equal("False", account["properties.allowSharedKeyAccess"]);
        Assert.Equal("False", account["properties.allowBlobPublicAccess"]);
        Assert.Equal("False", account["properties.allowCrossTenantReplication"]);
        Assert.Equal("True", account["properties.defaultToOAuthAuthentication"]);
        Assert.Equal("True", account["properties.supportsHttpsTrafficOnly"]);
        Assert.Equal("TLS1_2", account["properties.minimumTlsVersion"]);
        Assert.Equal("StorageV2", account["kind"]);
        Assert.All(profiles[profile].Of("Microsoft.Storage/storageAccounts/blobServices/containers"), c => Assert.Equal("None", c["properties.publicAccess"]));
    }

    [Theory]
    [InlineData("dev", "Allow", "Standard_LRS")]
    [InlineData("prod", "Deny", "Standard_ZRS")]
    [InlineData("closed", "Deny", "Standard_GZRS")]
    public void Storage_and_vault_refuse_the_outside_where_the_network_is_private(string profile, string action, string redundancy)
    {
        var account = profiles[profile].One("Microsoft.Storage/storageAccounts");
        Assert.Equal(redundancy, account["sku.name"]);
        Assert.Equal(action, account["properties.networkAcls.defaultAction"]);
        Assert.Equal(action, profiles[profile].One("Microsoft.KeyVault/vaults")["properties.networkAcls.defaultAction"]);
    }

    /// <summary>Event Grid reaches the queue as a trusted service: without the bypass, or with the account off, pushes are lost.</summary>
    [Theory, MemberData(nameof(All))]
    public void The_storage_firewall_lets_Event_Grid_through(string profile)
    {
        var account = profiles[profile].One("Microsoft.Storage/storageAccounts");
        Assert.Equal("AzureServices", account["properties.networkAcls.bypass"]);
        Assert.Equal("Enabled", account["properties.publicNetworkAccess"]);
        Assert.Equal("SystemAssigned", profiles[profile].One("Microsoft.EventGrid/systemTopics")["identity.type"]);
        Assert.Equal("SystemAssigned", profiles[profile].One("Microsoft.EventGrid/systemTopics/eventSubscriptions")["properties.deliveryWithResourceIdentity.identity.type"]);
    }

    [Theory]
    [InlineData("dev", "Enabled")]
    [InlineData("prod", "Enabled")]
    [InlineData("closed", "Disabled")]
    public void Only_asking_for_it_cuts_devices_off_from_hub_and_registry(string profile, string access)
    {
        Assert.Equal(access, profiles[profile].One("Microsoft.EventHub/namespaces")["properties.publicNetworkAccess"]);
        Assert.Equal(access, profiles[profile].One("Microsoft.ContainerRegistry/registries")["properties.publicNetworkAccess"]);
    }

    [Theory]
    [InlineData("dev", "False", 1)]
    [InlineData("http-only", "True", 0)]
    public void Shared_access_signatures_live_only_while_devices_need_them(string profile, string localAuthDisabled, int rules)
    {
        Assert.Equal(localAuthDisabled, profiles[profile].One("Microsoft.EventHub/namespaces")["properties.disableLocalAuth"]);
        Assert.Equal(rules, profiles[profile].Of("Microsoft.EventHub/namespaces/eventhubs/authorizationRules").Count());
        Assert.Empty(profiles[profile].Of("Microsoft.EventHub/namespaces/authorizationRules"));
    }

    [Fact]
    public void Device_tokens_can_only_send_and_only_to_the_hub() =>
        Assert.Equal("""["Send"]""", WithoutSpace(profiles["prod"].One("Microsoft.EventHub/namespaces/eventhubs/authorizationRules")["properties.rights"]!));

    [Theory, MemberData(nameof(All))]
    public void The_hub_is_the_one_the_code_expects(string profile)
    {
        var deployment = profiles[profile];
        Assert.Equal("1.2", deployment.One("Microsoft.EventHub/namespaces")["properties.minimumTlsVersion"]);
        Assert.EndsWith("/telemetry", deployment.One("Microsoft.EventHub/namespaces/eventhubs").Name, StringComparison.Ordinal);
        Assert.Empty(deployment.Of("Microsoft.EventHub/namespaces/eventhubs/consumergroups"));
    }

    [Theory, MemberData(nameof(All))]
    public void The_registry_has_no_password_and_no_anonymous_pull(string profile)
    {
        var registry = profiles[profile].One("Microsoft.ContainerRegistry/registries");
        Assert.Equal("False", registry["properties.adminUserEnabled"]);
        Assert.Equal("False", registry["properties.anonymousPullEnabled"]);
        Assert.Equal("AbacRepositoryPermissions", registry["properties.roleAssignmentMode"]);
        Assert.Equal("disabled", registry["properties.policies.azureADAuthenticationAsArmPolicy.status"]);
    }

    [Theory, MemberData(nameof(All))]
    public void The_vault_cannot_be_emptied_and_keeps_an_audit_log(string profile)
    {
        var vault = profiles[profile].One("Microsoft.KeyVault/vaults");
        Assert.Equal("True", vault["properties.enableRbacAuthorization"]);
        Assert.Equal("True", vault["properties.enablePurgeProtection"]);
        Assert.Equal("False", vault["properties.enabledForTemplateDeployment"]);
        Assert.Contains("AuditEvent", profiles[profile].One("Microsoft.Insights/diagnosticSettings")["properties.logs"]!, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(All))]
    public void Telemetry_about_the_app_needs_an_identity(string profile)
    {
        Assert.Equal("True", profiles[profile].One("Microsoft.Insights/components")["properties.DisableLocalAuth"]);
        Assert.Equal("True", profiles[profile].One("Microsoft.OperationalInsights/workspaces")["properties.features.disableLocalAuth"]);
    }

    [Theory, MemberData(nameof(All))]
    public void The_app_is_one_that_Flex_Consumption_will_start(string profile)
    {
        var (site, plan) = (profiles[profile].One("Microsoft.Web/sites"), profiles[profile].One("Microsoft.Web/serverfarms"));
        Assert.Equal(("FC1", "FlexConsumption", "True"), (plan["sku.name"], plan["sku.tier"], plan["properties.reserved"]));
        Assert.Equal("functionapp,linux", site["kind"]);
        Assert.Equal("dotnet-isolated", site["properties.functionAppConfig.runtime.name"]);
        Assert.Equal("10.0", site["properties.functionAppConfig.runtime.version"]);
        Assert.Contains(site["properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB"], new[] { "512", "2048", "4096" });
        Assert.Equal("UserAssignedIdentity", site["properties.functionAppConfig.deployment.storage.authentication.type"]);
    }

    [Theory, MemberData(nameof(All))]
    public void The_app_answers_over_TLS_only_and_has_no_publishing_password(string profile)
    {
        var site = profiles[profile].One("Microsoft.Web/sites");
        Assert.Equal("True", site["properties.httpsOnly"]);
        Assert.Equal("1.2", site["properties.siteConfig.minTlsVersion"]);
        Assert.Equal("1.2", site["properties.siteConfig.scmMinTlsVersion"]);
        Assert.Equal("Disabled", site["properties.siteConfig.ftpsState"]);
        Assert.Equal("[]", WithoutSpace(site["properties.siteConfig.cors.allowedOrigins"]!));
        var policies = profiles[profile].Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies").ToList();
        Assert.Equal(["ftp", "scm"], policies.Select(p => p.Name.Split('/')[^1]).Order());
        Assert.All(policies, p => Assert.Equal("False", p["properties.allow"]));
    }

    /// <summary>One secret is copied (hub rule to vault); the webhook's is in a template of its own.</summary>
    [Theory]
    [InlineData("dev", 1)]
    [InlineData("http-only", 0)]
    public void Keys_are_read_in_one_place(string profile, int places)
    {
        var reading = profiles[profile].Resources.Where(r => r.Json.GetRawText().Contains("listKeys", StringComparison.OrdinalIgnoreCase)).ToList();
        Assert.Equal(places, reading.Count);
        Assert.All(reading, r => Assert.Equal("Microsoft.KeyVault/vaults/secrets", r.Type));
    }

    [Theory, MemberData(nameof(All))]
    public void No_output_carries_a_secret(string profile)
    {
        var outputs = profiles[profile].Snapshot.GetProperty("outputs").GetRawText();
        Assert.DoesNotMatch(SecretLooking(), outputs);
    }

    [Theory, MemberData(nameof(All))]
    public void Every_api_version_is_a_known_good_one(string profile)
    {
        string[] preview = ["Microsoft.Insights/diagnosticSettings"];
        Assert.All(profiles[profile].Resources, r => Assert.True(
            !r["apiVersion"]!.EndsWith("-preview", StringComparison.Ordinal) || preview.Contains(r.Type), $"{r} {r["apiVersion"]}"));
    }

    [GeneratedRegex("listKeys|listSecrets|SharedAccessKey|AccountKey|primaryKey|masterKey", RegexOptions.IgnoreCase)]
    private static partial Regex SecretLooking();

    private static string WithoutSpace(string json) => string.Concat(json.Where(c => !char.IsWhiteSpace(c)));
}
