namespace Infra.Tests;

[Collection(Compiled.Name)]
public sealed class NameTests(Profiles profiles)
{
    /// <summary>Resource Manager's limits per type: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules.</summary>
    [Theory]
    [InlineData("Microsoft.Storage/storageAccounts", "^[a-z0-9]{3,24}$")]
    [InlineData("Microsoft.ContainerRegistry/registries", "^[a-zA-Z0-9]{5,50}$")]
    [InlineData("Microsoft.KeyVault/vaults", "^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$")]
    [InlineData("Microsoft.EventHub/namespaces", "^[a-zA-Z][a-zA-Z0-9-]{4,48}[a-zA-Z0-9]$")]
    [InlineData("Microsoft.Web/sites", "^[a-zA-Z0-9][a-zA-Z0-9-]{0,58}[a-zA-Z0-9]$")]
    [InlineData("Microsoft.EventGrid/systemTopics", "^[a-zA-Z0-9-]{3,50}$")]
    [InlineData("Microsoft.OperationalInsights/workspaces", "^[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]$")]
    public void Every_name_is_one_Azure_accepts(string type, string rule) =>
        Assert.All(new[] { "dev", "prod", "closed", "http-only" }, profile => Assert.Matches(rule, profiles[profile].One(type).Name));

    /// <summary>A name that is an expression cannot be compared by what-if, nor seen in a snapshot; zones carry the cloud's own suffix.</summary>
    [Theory]
    [InlineData("dev")]
    [InlineData("prod")]
    public void Names_are_known_before_deployment(string profile) => Assert.All(
        profiles[profile].Resources.Where(r => !r.Type.StartsWith("Microsoft.Network/privateDnsZones", StringComparison.Ordinal)),
        r => Assert.DoesNotContain('[', r.Name));

    [Theory]
    [InlineData("environmentName", "\"an-environment-with-a-long-name\"")]
    [InlineData("compute", """{"instanceMemoryMB": 1024, "maximumInstances": 40, "alwaysReady": []}""")]
    [InlineData("ingest", """{"tier": "Free", "units": 1, "maximumUnits": 0, "partitions": 4, "retentionHours": 24, "batchSeconds": 1, "directAmqp": true}""")]
    [InlineData("network", """{"kind": "secret"}""")]
    [InlineData("registry", """{"tier": "Gold"}""")]
    public void A_value_outside_the_allowed_ones_does_not_compile(string parameter, string value) =>
        Assert.Contains("Error", profiles.Bicep.Objection(Profiles.PathOf("dev"), parameter, value), StringComparison.Ordinal);
}
