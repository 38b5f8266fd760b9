using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using IoTBackend.Agent.Updates;

namespace IoTBackend.Agent.Configuration;

/// <summary>Reads the agent's file, or says all that is wrong with it.</summary>
internal static class ConfigurationFile
{
    private const int MaxBytes = 1024 * 1024;

    private const string UnixScheme = "unix://";

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private static readonly JsonDocumentOptions AsWritten = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };

    /// <summary>The configuration, or the faults. Those of single workloads leave the rest to be run: what the device runs and says does not end with a slip of somebody who wrote of one.</summary>
    public static (AgentConfiguration? Configuration, IReadOnlyList<string> Faults) Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                return (null, [$"{path}: more than {MaxBytes} bytes."]);
            var bytes = File.ReadAllBytes(path).AsMemory();
            // Of some editors.
            if (bytes.Span.StartsWith(Encoding.UTF8.Preamble))
                bytes = bytes[Encoding.UTF8.Preamble.Length..];
            if (!Utf8.IsValid(bytes.Span))
                return (null, [$"{path}: is no text in UTF-8."]);
            using var json = JsonDocument.Parse(bytes, AsWritten);
            var nulls = Nulls(json.RootElement, "", besides: "workloads").ToList();
            if (nulls.Count > 0)
                return (null, nulls);
            var configuration = json.Deserialize(ConfigurationJson.Default.AgentConfiguration)!;
            configuration = configuration with { DeviceId = DeviceName.Expand(configuration.DeviceId), Server = configuration.Server.TrimEnd('/') };
            var faults = Faults(configuration).ToList();
            var ofWhole = faults.Count;
            var workloads = new Dictionary<string, WorkloadConfiguration>(StringComparer.Ordinal);
            foreach (var track in configuration.WorkloadsAsWritten.Keys)
            {
                var workload = Workload($"workloads.{track}", json.RootElement.GetProperty("workloads").GetProperty(track), bytes.Span, out var wrong);
                if (track != "*" && !DesiredWorkloads.IsTrack(track))
                    wrong.Add($"workloads: no track is called '{track}'; a name has a-z 0-9 . _ -, and * stands for the others.");
                workloads[track] = wrong.Count == 0 ? workload! : new() { Fault = wrong[0] };
                faults.AddRange(wrong);
            }

            return (ofWhole == 0 ? configuration with { Workloads = workloads } : null, faults);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, [$"there is no {path}."]);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return (null, [$"{path}: {(e is JsonException fault ? JsonFault.Of(fault) : e.Message)}"]);
        }
    }

    /// <param name="written">A part of <paramref name="file"/>, whose lines are counted.</param>
    /// <returns>Null where there are faults.</returns>
    private static WorkloadConfiguration? Workload(string name, JsonElement written, ReadOnlySpan<byte> file, out List<string> faults)
    {
        faults = [.. Nulls(written, $".{name}")];
        if (faults.Count > 0)
            return null;
        try
        {
            var workload = written.Deserialize(ConfigurationJson.Default.WorkloadConfiguration)!;
            faults = [.. Faults(name, workload)];
            return workload;
        }
        catch (JsonException e)
        {
            faults = [JsonFault.Of(e, $"{name}.", file.Overlaps(JsonMarshal.GetRawUtf8Value(written), out var at) ? file[..at].Count((byte)'\n') : 0)];
            return null;
        }
    }

    /// <summary>Where something is said to be nothing, which no member may be.</summary>
    private static IEnumerable<string> Nulls(JsonElement value, string name, string? besides = null) => value.ValueKind switch
    {
        JsonValueKind.Null => [$"{(name.Length == 0 ? "the file" : name[1..])}: null is no value; leave it out."],
        JsonValueKind.Object => value.EnumerateObject().Where(member => member.Name != besides || member.Value.ValueKind != JsonValueKind.Object).SelectMany(member => Nulls(member.Value, $"{name}.{member.Name}")),
        JsonValueKind.Array => value.EnumerateArray().SelectMany((item, i) => Nulls(item, $"{name}[{i}]")),
        _ => [],
    };

    private static IEnumerable<string> Faults(AgentConfiguration c)
    {
        if (!Uri.TryCreate(c.Server, UriKind.Absolute, out var server) || server.Scheme is not ("https" or "http"))
            yield return "server: the backend's address, for example https://iot.example.com.";
        else if (server.Scheme == "http" && !server.IsLoopback)
            yield return "server: https; http is for this machine itself only, a device's readings and an operator's releases are not for everybody on the way.";
        else if (server.Query.Length + server.Fragment.Length + server.UserInfo.Length > 0)
            yield return "server: an address without user, query and fragment.";
        else if (server.AbsolutePath.EndsWith("/api", StringComparison.Ordinal))
            yield return "server: without /api, which the agent says itself.";
        if (!DeviceName.IsValid(c.DeviceId))
            yield return $"deviceId: 1 to 128 of A-Z a-z 0-9 - _ . :, not '{c.DeviceId}'.";
        foreach (var (name, path) in new[] { ("keyFile", c.KeyFile), ("stateDirectory", c.StateDirectory), ("claimFile", c.ClaimFile), ("caFile", c.CaFile) })
        {
            if (path is not null && !Path.IsPathFullyQualified(path))
                yield return $"{name}: an absolute path, not '{path}'.";
        }

        if (!Path.IsPathFullyQualified(c.Engine.StartsWith(UnixScheme, StringComparison.Ordinal) ? c.Engine[UnixScheme.Length..] : c.Engine))
            yield return $"engine: the absolute path of its socket, not '{c.Engine}'.";
        if (c.Registries.Count == 0)
            yield return "registries: name at least one; images of no other are run.";
        foreach (var registry in c.Registries.Where(r => ImageName.Parse($"{r.TrimEnd('/')}/a@sha256:{new string('0', 64)}") is null))
            yield return $"registries: host or host:port, and a path where only that is allowed, for example registry.example.com or ghcr.io/acme/, not '{registry}'.";
        if (c.CaFile is not null && CertificateFault(c.CaFile) is { } fault)
            yield return $"caFile: {fault}";
        foreach (var unknown in c.RegistryCredentials.Keys.Except(c.Registries.Select(r => r.Split('/')[0])))
            yield return $"registryCredentials: {unknown} is not among the registries.";
        if (c.Signatures is { NewerOnly: true, Required: false })
            yield return "signatures.newerOnly: with signatures.required only; without it an older image could come under a new track.";
        foreach (var (track, rules) in c.Signatures.Tracks)
        {
            foreach (var wrong in rules.Faults())
                yield return $"signatures.tracks.{track}: {wrong.Replace("gates.signature", "rules", StringComparison.Ordinal)}";
        }

        if (c.Telemetry.Every < TimeSpan.FromSeconds(1) || c.Telemetry.Every > Day)
            yield return "telemetry.every: PT1S to PT24H.";
        if (c.Telemetry.SendEvery < TimeSpan.Zero || c.Telemetry.SendEvery > Day)
            yield return "telemetry.sendEvery: PT0S to PT24H.";
        if (c.Telemetry.BufferMegabytes is < 1 or > 1024)
            yield return "telemetry.bufferMegabytes: 1 to 1024.";
        if (c.Telemetry.BatteryCommand is ["", ..] || c.Telemetry.LinkCommand is ["", ..])
            yield return "telemetry: batteryCommand and linkCommand begin with a program.";
    }

    private static string? CertificateFault(string path)
    {
        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPemFile(path);
            return certificates.Count == 0 ? $"{path} holds no certificate (PEM)." : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"{path}: {e.Message}";
        }
    }

    private static IEnumerable<string> Faults(string name, WorkloadConfiguration w)
    {
        if (w.Settle < TimeSpan.FromSeconds(1) || w.Settle > TimeSpan.FromHours(1))
            yield return $"{name}.settle: PT1S to PT1H.";
        if (w.HealthyWithin < TimeSpan.FromSeconds(1) || w.HealthyWithin > Day)
            yield return $"{name}.healthyWithin: PT1S to PT24H.";
        if (w.StopWithin < TimeSpan.Zero || w.StopWithin > TimeSpan.FromMinutes(10))
            yield return $"{name}.stopWithin: PT0S to PT10M.";
        if (w.DeferAtMost is { } most && (most < TimeSpan.FromMinutes(1) || most > 365 * Day))
            yield return $"{name}.deferAtMost: PT1M to P365D.";
        if (w.LockFile is not null && !Path.IsPathFullyQualified(w.LockFile))
            yield return $"{name}.lockFile: an absolute path.";
        var options = w.Options;
        foreach (var mount in options.Mounts)
        {
            // A colon would begin another field of the engine's notation.
            if (!Path.IsPathFullyQualified(mount.Source) || !Path.IsPathFullyQualified(mount.Target) || (mount.Source + mount.Target).Contains(':', StringComparison.Ordinal))
                yield return $"{name}.options.mounts: absolute paths without a colon, not {mount.Source} and {mount.Target}.";
        }

        if (w.Strategy == Strategy.Beside && options.Ports.Count > 0)
            yield return $"{name}: beside runs the old container and the new one at once, and only one of them can have options.ports; replace.";
        foreach (var port in options.Ports)
        {
            if (!IsPort(port.Host) || port.Container.Split('/') is not [var inner, "tcp" or "udp" or "sctp"] || !IsPort(inner) || !IPAddress.TryParse(port.Address, out _))
                yield return $"{name}.options.ports: host \"8080\", container \"80/tcp\", address \"127.0.0.1\", not {port.Host}, {port.Container} and {port.Address}.";
        }

        foreach (var device in options.Devices.Where(d => !d.StartsWith("/dev/", StringComparison.Ordinal)))
            yield return $"{name}.options.devices: {device} is not below /dev.";
        foreach (var capability in options.Capabilities.Where(c => c.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase)))
            yield return $"{name}.options.capabilities: {capability[4..]}, not {capability}.";
        if (options.MemoryMegabytes is < 6)
            yield return $"{name}.options.memoryMegabytes: 6 or more.";
        if (options.PidsLimit < 0)
            yield return $"{name}.options.pidsLimit: 1 or more, or 0 for as many as the engine allows.";
        if (options.LogMegabytes < 0)
            yield return $"{name}.options.logMegabytes: 1 or more, or 0 for a log as the engine keeps it.";
        if (options.Network is { } network && (network.Length == 0 || network.StartsWith("container:", StringComparison.Ordinal)))
            yield return $"{name}.options.network: host, none, or a network's name.";
        if (w.Check is ["", ..] || w.Ask is ["", ..])
            yield return $"{name}: check and ask begin with a program.";
    }

    private static bool IsPort(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0;
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, UseStringEnumConverter = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(Trust.SignatureRulesConverter)])]
[JsonSerializable(typeof(AgentConfiguration))]
[JsonSerializable(typeof(WorkloadConfiguration))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
