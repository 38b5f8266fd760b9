using System.Formats.Cbor;

namespace IoTBackend.Core.Readings.SenMl;

/// <summary>Reads records in the CBOR form, RFC 8428 section 6: labels are small integers, times and values also decimal fractions (tag 4).</summary>
internal static class SenMlCbor
{
    /// <summary>Arrays, maps and tags within each other. A pack has two, decimal fractions two more.</summary>
    private const int MaxDepth = 16;

    /// <summary>Tag 55799, "self-described CBOR": says that this is CBOR and nothing else (RFC 8949 section 3.4.6).</summary>
    private static ReadOnlySpan<byte> SelfDescribed => [0xd9, 0xd9, 0xf7];

    /// <summary>No reason is as useful as the byte it was found at.</summary>
    public static void Read(ReadOnlyMemory<byte> body, SenMlPack pack)
    {
        var start = body.Span.StartsWith(SelfDescribed) ? SelfDescribed.Length : 0;
        if (CborDepth.Exceeds(body.Span[start..], MaxDepth))
        {
            pack.Refuse($"The body nests CBOR deeper than {MaxDepth}.");
            return;
        }

        var cbor = new CborReader(body[start..], CborConformanceMode.Lax);
        try
        {
            cbor.ReadStartArray();
            while (cbor.PeekState() != CborReaderState.EndArray && pack.IsReadable)
                pack.Add(ReadRecord(cbor));
            if (!pack.IsReadable)
                return;
            cbor.ReadEndArray();
            if (cbor.BytesRemaining > 0)
                pack.Refuse("Bytes follow the SenML pack.");
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or FormatException or ArgumentException)
        {
            pack.Refuse($"The body is not a SenML pack in CBOR: byte {body.Length - cbor.BytesRemaining}.");
        }
    }

    private static SenMlRecord ReadRecord(CborReader cbor)
    {
        var record = new SenMlRecord();
        cbor.ReadStartMap();
        while (cbor.PeekState() != CborReaderState.EndMap)
        {
            if (IsText(cbor))
            {
                if (cbor.ReadTextString() is var label && label.EndsWith('_'))
                    record.Demanded = label;
                cbor.SkipValue();
                continue;
            }

            switch (cbor.ReadInt64())
            {
                case -1: record.BaseVersion = (long?)Number(cbor, ref record, "bver"); break;
                case -2: record.BaseName = Text(cbor, ref record, "bn"); break;
                case -3: record.BaseTime = Number(cbor, ref record, "bt"); break;
                case -4: record.BaseUnit = Text(cbor, ref record, "bu"); break;
                case -5: record.BaseValue = Number(cbor, ref record, "bv"); break;
                case -6: record.BaseSum = Number(cbor, ref record, "bs"); break;
                case 0: record.Name = Text(cbor, ref record, "n"); break;
                case 1: record.Unit = Text(cbor, ref record, "u"); break;
                case 2: record.Value = Number(cbor, ref record, "v"); break;
                case 3: record.Text = Text(cbor, ref record, "vs"); break;
                case 4: record.Flag = Flag(cbor, ref record); break;
                case 5: record.Sum = Number(cbor, ref record, "s"); break;
                case 6: record.Time = Number(cbor, ref record, "t"); break;
                case 7: record.UpdateTime = Number(cbor, ref record, "ut"); break;
                case 8: record.Data = Data(cbor, ref record); break;
                default: cbor.SkipValue(); break;
            }
        }

        cbor.ReadEndMap();
        return record;
    }

    private static bool IsText(CborReader cbor) => cbor.PeekState() is CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString;

    private static string? Text(CborReader cbor, ref SenMlRecord record, string label)
    {
        if (IsText(cbor))
            return cbor.ReadTextString();
        record.Problem ??= $"{label} must be a string.";
        cbor.SkipValue();
        return null;
    }

    private static bool? Flag(CborReader cbor, ref SenMlRecord record)
    {
        if (cbor.PeekState() == CborReaderState.Boolean)
            return cbor.ReadBoolean();
        record.Problem ??= "vb must be true or false.";
        cbor.SkipValue();
        return null;
    }

    private static string? Data(CborReader cbor, ref SenMlRecord record)
    {
        if (cbor.PeekState() is CborReaderState.ByteString or CborReaderState.StartIndefiniteLengthByteString)
            return Convert.ToBase64String(cbor.ReadByteString());
        record.Problem ??= "vd must be bytes.";
        cbor.SkipValue();
        return null;
    }

    private static double? Number(CborReader cbor, ref SenMlRecord record, string label)
    {
        double? value = null;
        switch (cbor.PeekState())
        {
            case CborReaderState.UnsignedInteger:
                value = cbor.ReadUInt64();
                break;
            case CborReaderState.NegativeInteger:
                value = -1 - (double)cbor.ReadCborNegativeIntegerRepresentation();
                break;
            case CborReaderState.HalfPrecisionFloat or CborReaderState.SinglePrecisionFloat or CborReaderState.DoublePrecisionFloat:
                value = cbor.ReadDouble();
                break;
            case CborReaderState.Tag when cbor.PeekTag() == CborTag.DecimalFraction:
                value = Decimal(cbor);
                break;
            default:
                cbor.SkipValue();
                break;
        }

        if (value is { } number && double.IsFinite(number))
            return number;
        record.Problem ??= $"{label} must be a finite number.";
        return null;
    }

    /// <summary>Exponent and mantissa, each at most 64 bits: a large one is no measurement, and costs time to work out.</summary>
    private static double? Decimal(CborReader cbor)
    {
        cbor.ReadTag();
        if (cbor.PeekState() != CborReaderState.StartArray || cbor.ReadStartArray() is not 2)
            throw new CborContentException("A decimal fraction is an array of two.");
        var exponent = Whole(cbor);
        var mantissa = Whole(cbor);
        cbor.ReadEndArray();
        // Up to 10^22 a power of ten is exact, so that the result is the nearest there is, as for the same number in JSON.
        return exponent is not { } e || mantissa is not { } m ? null
            : e is < -400 or > 400 ? null
            : e < 0 ? m / Math.Pow(10, -e) : m * Math.Pow(10, e);
    }

    private static double? Whole(CborReader cbor)
    {
        switch (cbor.PeekState())
        {
            case CborReaderState.UnsignedInteger:
                return cbor.ReadUInt64();
            case CborReaderState.NegativeInteger:
                return -1 - (double)cbor.ReadCborNegativeIntegerRepresentation();
            default:
                cbor.SkipValue();
                return null;
        }
    }
}
