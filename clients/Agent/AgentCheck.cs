using System.Net;
using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Trust;

namespace IoTBackend.Agent;

/// <summary>Looks at all that has to be there before an update can come, and says what is not.</summary>
internal static class AgentCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static async Task<IReadOnlyList<string>> RunAsync(AgentConfiguration configuration, TimeProvider time, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        try
        {
            faults.AddRange(Secrets(configuration));
            Directory.CreateDirectory(configuration.StateDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var probe = Path.Combine(configuration.StateDirectory, "check");
            Disk.Replace(probe, "can be written\n"u8);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"keyFile, claimFile, registryCredentials or stateDirectory: {e.Message}");
        }

        using var engine = new DockerEngine(configuration.Engine, configuration.DeviceId);
        try
        {
            await engine.InfoAsync(cancellationToken);
        }
        catch (Exception e) when (e is EngineUnavailableException or EngineRefusedException)
        {
            faults.Add($"engine {configuration.Engine}: {e.Message}");
        }

        if (await ServerAsync(configuration, time, cancellationToken) is { } fault)
            faults.Add(fault);
        return faults;
    }

    private static IEnumerable<string> Secrets(AgentConfiguration configuration)
    {
        if (File.Exists(configuration.KeyFile))
        {
            if (PrivateFile.Fault(configuration.KeyFile) is { } fault)
                yield return $"keyFile: {fault}";
            else if (!DeviceKey.IsOne(File.ReadAllText(configuration.KeyFile).Trim()))
                yield return $"keyFile: {configuration.KeyFile} holds no key (base64 on one line).";
        }
        else if (configuration.ClaimFile is null)
        {
            yield return $"keyFile: there is no {configuration.KeyFile}, and no claimFile to get a key with.";
        }
        else if (PrivateFile.Fault(configuration.ClaimFile) is { } fault)
        {
            yield return $"claimFile: {fault}";
        }

        foreach (var (registry, file) in configuration.RegistryCredentials)
        {
            if (PrivateFile.Fault(file) is { } fault)
                yield return $"registryCredentials.{registry}: {fault}";
            else if (ImageTrust.UserAndPassword(configuration, registry) is null)
                yield return $"registryCredentials.{registry}: {file} holds no user:password.";
        }
    }

    /// <summary>Whether it is there, and takes the device's key where it has one.</summary>
    private static async Task<string?> ServerAsync(AgentConfiguration configuration, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Patience);
        try
        {
            using var http = Connection.Open(configuration.CaFile);
            http.BaseAddress = new(configuration.Server + "/");
            using var response = await http.GetAsync("api/health", late.Token);
            if (response.StatusCode != HttpStatusCode.OK)
                return $"server: {configuration.Server} answers {(int)response.StatusCode}.";
            if (PrivateFile.Fault(configuration.KeyFile) is not null || !DeviceKey.IsOne(PrivateFile.Read(configuration.KeyFile)))
                return null;
            var (identity, clock) = (Enrolment.IdentityOf(configuration, _ => { }), new ServerClock(time));
            clock.Heard(response.Headers.Date);
            var token = new DeviceToken(identity.HostName, identity.DeviceId, DeviceKey.Read(configuration.KeyFile), clock);
            await new BackendClient(http, identity.DeviceId, token, clock).ReadDesiredAsync(null, wait: false, late.Token);
            return null;
        }
        catch (BackendUnavailableException e)
        {
            return e.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                ? $"keyFile: to {configuration.DeviceId} with its key {e.Message}" : $"server: {configuration.Server}: {e.Message}";
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return $"server: {configuration.Server} cannot be reached: {Connection.Fault(e, time.GetUtcNow())}";
        }
    }
}
