"""Publications that cards cite, each written once."""

from steadygan.heuristics.card import Citation

GAN = Citation(
    key="goodfellow2014gan",
    authors="Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville, Bengio",
    title="Generative Adversarial Networks",
    year=2014,
    arxiv="1406.2661",
)
DCGAN = Citation(
    key="radford2015dcgan",
    authors="Radford, Metz, Chintala",
    title="Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
    year=2015,
    arxiv="1511.06434",
)
SALIMANS = Citation(
    key="salimans2016improved",
    authors="Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen",
    title="Improved Techniques for Training GANs",
    year=2016,
    arxiv="1606.03498",
)
TUTORIAL = Citation(
    key="goodfellow2016tutorial",
    authors="Goodfellow",
    title="NIPS 2016 Tutorial: Generative Adversarial Networks",
    year=2016,
    arxiv="1701.00160",
)
GANHACKS = Citation(
    key="chintala2016ganhacks",
    authors="Chintala, Denton, Arjovsky, Mathieu",
    title="How to Train a GAN? Tips and tricks to make GANs work",
    year=2016,
    url="https://github.com/soumith/ganhacks",
)
CHOLLET = Citation(
    key="chollet2017deep",
    authors="Chollet",
    title="Deep Learning with Python",
    year=2017,
    url="https://www.manning.com/books/deep-learning-with-python",
)
CHECKERBOARD = Citation(
    key="odena2016deconvolution",
    authors="Odena, Dumoulin, Olah",
    title="Deconvolution and Checkerboard Artifacts",
    year=2016,
    url="https://distill.pub/2016/deconv-checkerboard/",
)
SUBPIXEL = Citation(
    key="shi2016subpixel",
    authors="Shi, Caballero, Huszár, Totz, Aitken, Bishop, Rueckert, Wang",
    title=(
        "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network"
    ),
    year=2016,
    arxiv="1609.05158",
)
PIX2PIX = Citation(
    key="isola2016pix2pix",
    authors="Isola, Zhu, Zhou, Efros",
    title="Image-to-Image Translation with Conditional Adversarial Networks",
    year=2016,
    arxiv="1611.07004",
)
SAMPLING = Citation(
    key="white2016sampling",
    authors="White",
    title="Sampling Generative Networks",
    year=2016,
    arxiv="1609.04468",
)
INSTANCE_NOISE = Citation(
    key="sonderby2016amortised",
    authors="Sønderby, Caballero, Theis, Shi, Huszár",
    title="Amortised MAP Inference for Image Super-resolution",
    year=2016,
    arxiv="1610.04490",
)
TOWARDS = Citation(
    key="arjovsky2017towards",
    authors="Arjovsky, Bottou",
    title="Towards Principled Methods for Training Generative Adversarial Networks",
    year=2017,
    arxiv="1701.04862",
)
DIFF_AUGMENT = Citation(
    key="zhao2020diffaugment",
    authors="Zhao, Liu, Lin, Zhu, Han",
    title="Differentiable Augmentation for Data-Efficient GAN Training",
    year=2020,
    arxiv="2006.10738",
)
ADA = Citation(
    key="karras2020ada",
    authors="Karras, Aittala, Hellsten, Laine, Lehtinen, Aila",
    title="Training Generative Adversarial Networks with Limited Data",
    year=2020,
    arxiv="2006.06676",
)
GEOMETRIC = Citation(
    key="lim2017geometric",
    authors="Lim, Ye",
    title="Geometric GAN",
    year=2017,
    arxiv="1705.02894",
)
RELATIVISTIC = Citation(
    key="jolicoeur2018relativistic",
    authors="Jolicoeur-Martineau",
    title="The relativistic discriminator: a key element missing from standard GAN",
    year=2018,
    arxiv="1807.00734",
)
R3GAN = Citation(
    key="huang2025r3gan",
    authors="Huang, Gokaslan, Kuleshov, Tompkin",
    title="The GAN is dead; long live the GAN! A Modern GAN Baseline",
    year=2025,
    arxiv="2501.05441",
)
CONVERGE = Citation(
    key="mescheder2018converge",
    authors="Mescheder, Geiger, Nowozin",
    title="Which Training Methods for GANs do actually Converge?",
    year=2018,
    arxiv="1801.04406",
)
STYLEGAN2 = Citation(
    key="karras2019stylegan2",
    authors="Karras, Laine, Aittala, Hellsten, Lehtinen, Aila",
    title="Analyzing and Improving the Image Quality of StyleGAN",
    year=2019,
    arxiv="1912.04958",
)
AVERAGING = Citation(
    key="yazici2018averaging",
    authors="Yazıcı, Foo, Winkler, Yap, Piliouras, Chandrasekhar",
    title="The Unusual Effectiveness of Averaging in GAN Training",
    year=2018,
    arxiv="1806.04498",
)
ADAM = Citation(
    key="kingma2014adam",
    authors="Kingma, Ba",
    title="Adam: A Method for Stochastic Optimization",
    year=2014,
    arxiv="1412.6980",
)
BATCH_NORM = Citation(
    key="ioffe2015batchnorm",
    authors="Ioffe, Szegedy",
    title="Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
    year=2015,
    arxiv="1502.03167",
)
BIGGAN = Citation(
    key="brock2018biggan",
    authors="Brock, Donahue, Simonyan",
    title="Large Scale GAN Training for High Fidelity Natural Image Synthesis",
    year=2018,
    arxiv="1809.11096",
)
