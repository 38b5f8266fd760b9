using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using IoTBackend.Adapters.Ingest;
using IoTBackend.Adapters.Releases;
using IoTBackend.Adapters.Shared;
using IoTBackend.Adapters.State;
using IoTBackend.Core.Devices;
using Microsoft.Azure.Functions.Worker;

namespace Infra.Tests;

/// <summary>What the templates set is what the code reads: the options classes and the trigger attributes, by reflection.</summary>
[Collection(Compiled.Name)]
public sealed partial class SettingsTests(Profiles profiles)
{
    private static readonly Assembly[] Code = [typeof(Device).Assembly, typeof(StorageClients).Assembly, Assembly.Load("IoTBackend.Functions")];

    /// <summary>Read by the platform, the Azure SDK or OpenTelemetry rather than by options classes.</summary>
    private static readonly string[] Platform =
    [
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "APPLICATIONINSIGHTS_CONNECTION_STRING", "AZURE_CLIENT_ID",
        "AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize", "AzureFunctionsJobHost__extensions__queues__maxPollingInterval", "AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime",
        "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
    ];

    /// <summary>Connections with a managed identity: prefix and the parts the Functions host defines.</summary>
    private static readonly string[] Connections =
    [
        "AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__queueServiceUri", "AzureWebJobsStorage__tableServiceUri",
        "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId", "Releases__IdentityClientId",
        "EventHub__fullyQualifiedNamespace", "EventHub__credential", "EventHub__clientId",
    ];

    /// <summary>Flex Consumption refuses, or is broken by, settings of the older plans.</summary>
    private static readonly string[] Forbidden =
    [
        "FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION", "WEBSITE_RUN_FROM_PACKAGE", "WEBSITE_CONTENTSHARE",
        "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING", "SCM_DO_BUILD_DURING_DEPLOYMENT", "ENABLE_ORYX_BUILD", "WEBSITE_VNET_ROUTE_ALL",
        "WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT", "FUNCTIONS_MAX_HTTP_CONCURRENCY", "AzureWebJobsStorage", "EventHub",
    ];

    public static TheoryData<string> All => Profiles.All;

    [Theory, MemberData(nameof(All))]
    public void Every_setting_is_one_that_something_reads(string profile)
    {
        string[] known = [.. Platform, .. Connections, .. OptionNames(), .. ScheduleNames()];
        Assert.Empty(Settings(profile).Keys.Except(known, StringComparer.OrdinalIgnoreCase));
    }

    [Theory, MemberData(nameof(All))]
    public void Every_name_in_a_trigger_is_set(string profile) => Assert.Empty(TriggerNames().Except(Settings(profile).Keys));

    [Theory, MemberData(nameof(All))]
    public void Every_connection_goes_by_identity(string profile)
    {
        Assert.Empty(Connections.Except(Settings(profile).Keys));
        Assert.Empty(Forbidden.Intersect(Settings(profile).Keys, StringComparer.OrdinalIgnoreCase));
        Assert.All(Settings(profile).Where(s => s.Key.EndsWith("__credential", StringComparison.Ordinal)), s => Assert.Equal("managedidentity", s.Value));
    }

    /// <summary>Settings are shown in the portal and copied by exports.</summary>
    [Theory, MemberData(nameof(All))]
    public void No_setting_holds_a_secret(string profile)
    {
        Assert.All(
            Settings(profile).Where(s => SecretName().IsMatch(s.Key) && s.Key != "APPLICATIONINSIGHTS_CONNECTION_STRING"),
            s => Assert.StartsWith("@Microsoft.KeyVault(VaultName=kv-iot-", s.Value, StringComparison.Ordinal));
        Assert.All(Settings(profile).Values, v => Assert.DoesNotContain("listKeys", v, StringComparison.OrdinalIgnoreCase));
    }

    [Theory, MemberData(nameof(All))]
    public void Every_reference_names_a_secret_of_the_vault(string profile)
    {
        var secrets = profiles[profile].Of("Microsoft.KeyVault/vaults/secrets").Select(s => s.Name.Split('/')[^1]).ToList();
        var references = Settings(profile).Values.Select(v => SecretReference().Match(v)).Where(m => m.Success).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(secrets.Order(), references.Order());
        Assert.Equal(profiles[profile].One("Microsoft.ManagedIdentity/userAssignedIdentities").Id, profiles[profile].One("Microsoft.Web/sites")["properties.keyVaultReferenceIdentity"]);
    }

    [Fact]
    public void The_device_master_key_is_among_them() =>
        Assert.Contains("SecretName=device-master-key", Settings("prod")[$"{DevicesOptions.Section}__{nameof(DevicesOptions.MasterKey)}"], StringComparison.Ordinal);

    [Theory]
    [InlineData("dev", true)]
    [InlineData("http-only", false)]
    public void Device_tokens_are_set_up_whole_or_not_at_all(string profile, bool direct) =>
        Assert.All(new[] { "DeviceRuleName", "DeviceRuleKey", "DeviceEndpoint" }, name => Assert.Equal(direct, Settings(profile).ContainsKey($"EventHub__{name}")));

    /// <summary>The names that templates, triggers and clients must agree on.</summary>
    [Fact]
    public void Hub_group_queue_and_function_bear_the_names_the_code_uses()
    {
        var functions = Code.SelectMany(a => a.GetTypes()).SelectMany(t => t.GetMethods()).SelectMany(m => m.GetCustomAttributes<FunctionAttribute>()).Select(f => f.Name);
        Assert.EndsWith($"/{EventHubOptions.Hub}", profiles["dev"].One("Microsoft.EventHub/namespaces/eventhubs").Name, StringComparison.Ordinal);
        Assert.Equal("$Default", EventHubOptions.ProcessorGroup);
        Assert.EndsWith($"/{ReleaseQueues.Pushes}", profiles["dev"].One("Microsoft.Storage/storageAccounts/queueServices/queues").Name, StringComparison.Ordinal);
        Assert.Contains(profiles["dev"].Of("Microsoft.Storage/storageAccounts/blobServices/containers"), c => c.Name.EndsWith($"/{BlobDeadLetters.Container}", StringComparison.Ordinal));
        Assert.Contains(WebhookFunction().Match(Repository.Read("infra", "webhook.bicep")).Groups[1].Value, functions);
        Assert.Contains("SweepSilences", functions);
    }

    /// <summary>The host reads one setting for a trigger's connection; the shards must divide evenly among the partitions.</summary>
    [Theory, MemberData(nameof(All))]
    public void The_partitions_divide_the_shards(string profile) => Assert.Equal(
        4 * int.Parse(profiles[profile].One("Microsoft.EventHub/namespaces/eventhubs")["properties.partitionCount"]!, null),
        int.Parse(Settings(profile)["DeviceStates__ShardCount"], null));

    [Fact]
    public void A_machine_has_as_many_shards_as_a_small_deployment() =>
        Assert.Equal($"{new DeviceStateOptions().ShardCount}", Settings("dev")["DeviceStates__ShardCount"]);

    /// <summary>The host's settings of this name replace what host.json says, so they must be names that host.json knows.</summary>
    [Theory]
    [InlineData("minEventBatchSize", "1000")]
    [InlineData("maxWaitTime", "00:00:10")]
    public void Telemetry_waits_for_company_before_an_instance_is_billed(string name, string value)
    {
        using var host = JsonDocument.Parse(Repository.Read("host.json"));
        Assert.True(host.RootElement.GetProperty("extensions").GetProperty("eventHubs").TryGetProperty(name, out _));
        Assert.Equal(value, Settings("dev")[$"AzureFunctionsJobHost__extensions__eventHubs__{name}"]);
    }

    private Dictionary<string, string> Settings(string profile) => profiles[profile].One("Microsoft.Web/sites").Json
        .GetProperty("properties").GetProperty("siteConfig").GetProperty("appSettings").EnumerateArray()
        .ToDictionary(s => s.GetProperty("name").GetString()!, s => s.GetProperty("value").GetString()!);

    /// <summary>The project's convention: an options class names its section in <c>const string Section</c>.</summary>
    private static IEnumerable<string> OptionNames() =>
        from type in Code.SelectMany(a => a.GetTypes())
        let section = type.GetField("Section", BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)?.GetRawConstantValue() as string
        where section is not null
        from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        where property.CanWrite
        select $"{section}__{property.Name}";

    private static IEnumerable<string> ScheduleNames() => Code.SelectMany(a => a.GetTypes()).SelectMany(t => t.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static))
        .Where(f => f.IsLiteral)
        .Select(f => TriggerName().Match(f.GetRawConstantValue() as string ?? ""))
        .Where(m => m.Success)
        .Select(m => m.Groups[1].Value);

    private static IEnumerable<string> TriggerNames() => Code.SelectMany(a => a.GetTypes()).SelectMany(t => t.GetMethods())
        .Where(m => m.IsDefined(typeof(FunctionAttribute), false))
        .SelectMany(m => m.GetParameters())
        .SelectMany(p => p.CustomAttributes)
        .SelectMany(a => a.ConstructorArguments)
        .Select(a => TriggerName().Match(a.Value as string ?? ""))
        .Where(m => m.Success)
        .Select(m => m.Groups[1].Value)
        .Distinct();

    [GeneratedRegex("^%(.+)%$")]
    private static partial Regex TriggerName();

    [GeneratedRegex("resource events 'functions' existing = \\{\\s+name: '([^']+)'")]
    private static partial Regex WebhookFunction();

    [GeneratedRegex("Key|Secret|Password|ConnectionString|CONNECTION_STRING|Token", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    [GeneratedRegex("^@Microsoft.KeyVault\\(VaultName=[^;]+;SecretName=([^)]+)\\)$")]
    private static partial Regex SecretReference();
}
