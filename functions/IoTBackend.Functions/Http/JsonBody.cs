using IoTBackend.Core.Shared;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Http;

/// <summary>Reads a caller's JSON body and writes answers, both in the wire's form.</summary>
internal static class JsonBody
{
    /// <summary>Operators' documents are small; anything larger is a mistake or an attack.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>The value, or everything that is wrong with the body, for a 400. See <see cref="StrictJson"/>.</summary>
    /// <exception cref="BadHttpRequestException">413: larger than <paramref name="maxBytes"/>.</exception>
    public static async Task<Result<T>> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken, int maxBytes = MaxBytes)
        where T : notnull
    {
        if (request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);
        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (buffer.Length + read > maxBytes)
                throw TooLarge(maxBytes);
            buffer.Write(chunk, 0, read);
        }

        return StrictJson.Read<T>(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
    }

    public static IResult Ok<T>(T value, int status = StatusCodes.Status200OK) => Results.Json(value, WireJson.Options, statusCode: status);

    private static BadHttpRequestException TooLarge(int maxBytes) => new($"The body is larger than {maxBytes} bytes.", StatusCodes.Status413PayloadTooLarge);
}
