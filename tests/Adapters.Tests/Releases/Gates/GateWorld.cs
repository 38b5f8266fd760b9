using Core.Tests.Releases;
using IoTBackend.Adapters.Releases.Images;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;
using Local.Tests.ContainerRegistry;
using Microsoft.Extensions.Configuration;

namespace Adapters.Tests.Releases.Gates;

/// <summary>A track on a real registry, read by the real reader and sent through all gates; what is stored is in memory.</summary>
internal sealed class GateWorld(Uri endpoint, TimeProvider? time = null)
{
    public const string Repository = "fleet/sensor";

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private RegistryReader? _reader;

    public MemoryStores Stores { get; } = new();

    public RegistryReader Reader => _reader ??= new(
        new(ExchangeServer.Entra(), new ConfigurationBuilder().Build(), new() { AllowPrivateRegistries = true }, _time), new(_time), _time);

    public EvidenceReader Evidence => new(Reader, Stores, _time);

    /// <summary>As after a push: the tag is read back, judged, and goes out or not.</summary>
    public async Task<Release> JudgeAsync(TrackGates gates, string tag = "1.0.0")
    {
        var token = TestContext.Current.CancellationToken;
        await Stores.SaveAsync(new RegistryConfiguration { Host = endpoint.Authority, Endpoint = endpoint, Kind = RegistryKind.Distribution }, token);
        var track = new Track { Name = "sensor", Registry = endpoint.Authority, Repository = Repository, Targets = new() { Groups = ["*"] }, Gates = gates };
        await Stores.SaveAsync(track, token);
        await Follow.RunAsync(track, tag, _time.GetUtcNow(), token);
        return Stores.Releases.Single(r => r.Tag == tag);
    }

    public FollowTag Follow => new(
        Stores, Stores, Reader, new(Stores, Stores, new(Stores, Stores, Stores, Evidence, _time), Stores, Stores, _time), Stores, _time);

    /// <summary>Pushed by <c>scripts/push-image</c>, that is by skopeo; returns the digest of the index.</summary>
    public Task<string> PushAsync(string tag = "1.0.0") =>
        RegistryProcess.RunAsync(RegistryProcess.PushImage, "--registry", endpoint.Authority, "--repository", Repository, "--tag", tag);
}
