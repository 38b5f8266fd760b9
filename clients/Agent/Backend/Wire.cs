using System.Text.Json;
using System.Text.Json.Serialization;
using IoTBackend.Agent.Updates;

namespace IoTBackend.Agent.Backend;

/// <summary>Desired state, as <c>GET desired</c> answers it. What a later server adds is passed over.</summary>
internal sealed record DesiredDocument(long Version, IReadOnlyList<DesiredWorkload>? Workloads);

/// <param name="Signature">The track's rule at the backend; followed only where it is pinned.</param>
internal sealed record DesiredWorkload(string? Track, string? Image, string? Tag, string? Release, int? Attempt, JsonElement? Signature);

/// <param name="Nonce">The same after every failure: the answer is then repeated.</param>
internal sealed record EnrolmentRequest(string Token, string DeviceId, string Nonce, string? Platform);

internal sealed record EnrolmentAnswer(string? DeviceId, string? PrimaryKey, string? HostName, IReadOnlyList<EnrolledTrack>? Tracks);

internal sealed record EnrolledTrack(string? Track, string? Image, JsonElement? Signature);

/// <summary>Who this device is to the backend; the key is in a file of its own.</summary>
internal sealed record Identity(string DeviceId, string HostName);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 32)]
[JsonSerializable(typeof(DesiredDocument))]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(EnrolmentRequest))]
[JsonSerializable(typeof(EnrolmentAnswer))]
[JsonSerializable(typeof(Identity))]
internal sealed partial class WireJson : JsonSerializerContext;
