using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Containers.ContainerRegistry;

/// <summary>Answers a 401 with a token for the scope the registry names, once: a token that is too narrow is not asked for again.</summary>
internal sealed class ChallengePolicy(Uri endpoint, TokenExchange tokens) : HttpPipelinePolicy
{
    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        if (message.Response.Status != 401 || !IsTheRegistry(message.Request.Uri) || !message.Response.Headers.TryGetValues("WWW-Authenticate", out var headers)
            || headers.Select(BearerChallenge.Parse).FirstOrDefault(c => c is not null) is not { } challenge)
            return;

        var token = await tokens.AccessTokenAsync(challenge, message.CancellationToken);
        message.Response.Dispose();
        message.Request.Headers.SetValue(HttpHeader.Names.Authorization, $"Bearer {token}");
        await ProcessNextAsync(message, pipeline);
        if (message.Response.Status == 401)
            tokens.Forget(challenge);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("This stand-in is asynchronous only.");

    // A blob may have been redirected to a storage account, which has no business with the registry's tokens.
    private bool IsTheRegistry(RequestUriBuilder uri) =>
        uri.Host == endpoint.Host && uri.Port == endpoint.Port && uri.Scheme == endpoint.Scheme;
}
